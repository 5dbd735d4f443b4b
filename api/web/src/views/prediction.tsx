/** One prediction under its permanent link. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useState } from 'preact/hooks';
import { RequestFailed } from '../client/http.js';
import { follow } from '../client/predictions.js';
import { Heading } from '../parts/heading.js';
import { ErrorNotice } from '../parts/notice.js';
import { Panel } from '../result/panel.js';
import { Link } from '../routing/router.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { useTexts } from '../texts/index.js';

interface State {
  readonly prediction: PredictionView | null;
  readonly error: unknown;
}

function useFollowed(id: string): State & { readonly reload: () => void } {
  const [state, setState] = useState<State>({ prediction: null, error: null });
  const [round, setRound] = useState(0);
  const withKey = useValue(key);
  // Round and key are reasons to load again.
  useEffect(() => {
    const stop = new AbortController();
    follow(id, (prediction) => setState({ prediction, error: null }), stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) setState((before) => ({ ...before, error }));
    });
    return () => stop.abort();
  }, [id, round, withKey]);
  return { ...state, reload: () => setRound((count) => count + 1) };
}

export function PredictionPage({ id }: { readonly id: string }) {
  const t = useTexts();
  const { prediction, error, reload } = useFollowed(id);
  const missing = error instanceof RequestFailed && error.status === 404;
  return (
    <>
      {!prediction && (
        <div class="view-head">
          <Heading>{t.result.fact.id}</Heading>
        </div>
      )}
      {missing && (
        <div class="notice bad">
          <p>{t.errors.noPrediction}</p>
          <p>
            <Link href="/">{t.common.toStart}</Link> · <Link href="/history">{t.common.toHistory}</Link>
          </p>
        </div>
      )}
      {error !== null && !missing && <ErrorNotice error={error} onRetry={reload} />}
      {prediction && (
        <Panel prediction={prediction} name={fileName(prediction)} isFile={false} showOpen={false} />
      )}
      {!prediction && error === null && <p class="quiet-text">{t.common.loading}</p>}
    </>
  );
}

/** A name for an image whose own was never sent on. */
function fileName({ prediction_id, image }: PredictionView): string {
  return `${prediction_id}.${image.format === 'jpeg' ? 'jpg' : image.format}`;
}
