/** A classification: classes with bars, the most confident first. */
import type { Answer } from '@scry/shared/contracts/prediction';
import { percent, useTexts } from '../texts/index.js';

export function Classification({ answers }: { readonly answers: readonly Answer[] }) {
  const t = useTexts();
  const [best] = answers;
  if (!best) return <Nothing />;
  return (
    <div class="classes">
      <div class="verdict">
        <h2 class="verdict-name">{best.class_name}</h2>
        <p class="verdict-confidence">
          {percent(best.confidence)} <span class="quiet-text">{t.result.confidence}</span>
        </p>
      </div>
      <ol class="bars">
        {answers.map((answer) => (
          <li key={answer.class_index}>
            <span class="bar-name">{answer.class_name}</span>
            <span class="bar-value">{percent(answer.confidence)}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${answer.confidence * 100}%` }} />
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

export function Nothing() {
  const t = useTexts();
  return (
    <div class="nothing">
      <h2>{t.result.nothing}</h2>
      <p class="quiet-text">{t.result.nothingHelp}</p>
    </div>
  );
}
