/** A prediction without an answer: not yet, or why there is none. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { QueueState } from '../parts/queue-state.js';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly prediction: PredictionView;
  /** Makes the heading of its words. */
  readonly heading: (words: ComponentChildren) => ComponentChildren;
}

export function Unanswered({ prediction, heading }: Props) {
  const t = useTexts();
  const { status, error } = prediction;
  if (status === 'queued' || status === 'processing')
    return (
      <>
        {heading(
          <>
            <QueueState prediction={prediction} /> …
          </>,
        )}
      </>
    );
  const help = { canceled: t.result.canceledHelp, expired: t.result.expiredHelp };
  return (
    <div class="notice bad" role="alert">
      {heading(t.state[status])}
      {status !== 'failed' && <p>{help[status as keyof typeof help]}</p>}
      {status === 'failed' && error && (
        <>
          <p>{t.codes[error.code] ?? t.codes[500]}</p>
          <p lang="en">{error.message}</p>
          <p class="quiet-text">{t.result.code(error.code)}</p>
        </>
      )}
    </div>
  );
}
