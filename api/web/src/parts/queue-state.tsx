/** "Waiting", and how many are ahead once that is known. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useState } from 'preact/hooks';
import { getJson } from '../client/http.js';
import { useModels } from '../client/models.js';
import { predictionPath } from '../client/predictions.js';
import { useTexts } from '../texts/index.js';

/** How often the place is asked for; most predictions never wait that long. */
const ASK_MS = 2000;

function useAhead({ prediction_id: id, status }: PredictionView): number | null {
  const [ahead, setAhead] = useState<number | null>(null);
  useEffect(() => {
    setAhead(null);
    if (status !== 'queued') return;
    const stop = new AbortController();
    const ask = () => {
      getJson<{ ahead: number | null }>(`${predictionPath(id)}/position`, stop.signal).then(
        (position) => setAhead(position.ahead),
        () => setAhead(null), // only a comfort: whoever follows the prediction reports what matters
      );
    };
    const timer = setInterval(ask, ASK_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [id, status]);
  return ahead;
}

export function QueueState({ prediction }: { readonly prediction: PredictionView }) {
  const t = useTexts();
  const ahead = useAhead(prediction);
  const { models } = useModels();
  const model = models?.find(({ name }) => name === prediction.model.name);
  if (prediction.status === 'queued' && model?.serving === false) return <span>{t.state.noWorker}</span>;
  return <span>{ahead === null ? t.state[prediction.status] : t.state.position(ahead)}</span>;
}
