/** Something went wrong, or needs a key: what happened and what to do. */
import { sentenceFor } from '../client/failure.js';
import { RequestFailed } from '../client/http.js';
import { useTexts } from '../texts/index.js';
import { KeyForm } from './key-form.js';

interface Props {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
  /** What a key for this view is allowed; shown where one is missing. */
  readonly scopes?: string;
}

export function ErrorNotice({ error, onRetry, scopes }: Props) {
  const t = useTexts();
  if (error instanceof RequestFailed && error.needsKey)
    return <KeyForm lacks={error.status === 403} scopes={scopes} />;
  return (
    <div class="notice bad" role="alert">
      <p>{sentenceFor(error, t)}</p>
      {onRetry && (
        <button type="button" class="quiet" onClick={onRetry}>
          {t.common.retry}
        </button>
      )}
    </div>
  );
}
