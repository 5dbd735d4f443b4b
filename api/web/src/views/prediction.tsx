/** One prediction under its permanent link. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { RequestFailed } from '../client/http.js';
import { usePrediction } from '../client/use-prediction.js';
import { Heading } from '../parts/heading.js';
import { ErrorNotice } from '../parts/notice.js';
import { Panel } from '../result/panel.js';
import { Link } from '../routing/router.js';
import { useTexts } from '../texts/index.js';

export function PredictionPage({ id }: { readonly id: string }) {
  const t = useTexts();
  const { prediction, error, reload } = usePrediction(id);
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
