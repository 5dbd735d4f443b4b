/** Something went wrong, or needs a key: what happened and what to do. */
import { useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { RequestFailed } from '../client/http.js';
import { key } from '../state/settings.js';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

export function ErrorNotice({ error, onRetry }: Props) {
  const t = useTexts();
  if (error instanceof RequestFailed && error.needsKey)
    return <KeyPrompt wrong={error.status === 403 || key.value !== null} />;
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

function KeyPrompt({ wrong }: { readonly wrong: boolean }) {
  const t = useTexts();
  const [text, setText] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== '') key.value = text.trim();
  };
  return (
    <form class="notice key" onSubmit={submit}>
      <h2>{t.key.title}</h2>
      <p role={wrong ? 'alert' : undefined}>{wrong ? t.key.wrong : t.key.why}</p>
      <div class="field-row">
        <label class="field grow">
          <span>{t.key.label}</span>
          <input
            type="password"
            autoComplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          {t.key.use}
        </button>
        {key.value !== null && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              key.value = null;
            }}
          >
            {t.key.forget}
          </button>
        )}
      </div>
      <p class="quiet-text">
        {t.key.make} <code>npm run keys -- create</code>
      </p>
    </form>
  );
}
