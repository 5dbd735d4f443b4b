/** Where a key is entered. It is tried first, so that a mistyped one changes nothing. */
import { useId, useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { applyKey } from '../client/keys.js';
import { useTexts } from '../texts/index.js';

const COMMAND = 'npm run keys -- create --name "Web page" --scopes';
const SCOPES = 'predict,read';

interface Props {
  /** True when the key in use was understood and does not allow this. */
  readonly lacks: boolean;
  /** What a key for this view is allowed. */
  readonly scopes?: string | undefined;
}

export function KeyForm({ lacks, scopes = SCOPES }: Props) {
  const t = useTexts();
  const ids = useId();
  const [text, setText] = useState('');
  const [shown, setShown] = useState(false);
  const [keep, setKeep] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const use = async () => {
    try {
      setProblem((await applyKey(text.trim(), keep)) ? null : t.key.invalid);
    } catch (error) {
      setProblem(sentenceFor(error, t));
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== '') void use();
  };
  return (
    <form class="notice key" onSubmit={submit}>
      <h2>{t.key.title}</h2>
      <p>{lacks ? t.key.lacks : t.key.why}</p>
      <div class="field-row">
        <label class="field grow">
          <span>{t.key.label}</span>
          <input
            // Preact types the two kinds of input apart; one that changes its kind is both.
            type={(shown ? 'text' : 'password') as 'password'}
            name="key"
            autoComplete="current-password"
            autoCapitalize="off"
            spellcheck={false}
            value={text}
            aria-invalid={problem !== null}
            aria-describedby={problem ? `${ids}-problem` : undefined}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          {t.key.use}
        </button>
      </div>
      {problem && (
        <p class="bad-text" role="alert" id={`${ids}-problem`}>
          {problem}
        </p>
      )}
      <div class="field-row">
        <label class="check">
          <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
          {t.key.show}
        </label>
        <label class="check">
          <input type="checkbox" checked={keep} onChange={() => setKeep(!keep)} />
          {t.key.keep}
        </label>
      </div>
      <p class="quiet-text">
        {t.key.make}{' '}
        <code>
          {COMMAND} {scopes}
        </code>
      </p>
    </form>
  );
}
