/** A classification: classes with bars, the most confident first. */
import type { Answer } from '@scry/shared/contracts/prediction';
import { percent, useTexts } from '../texts/index.js';

export function Classification({ answers }: { readonly answers: readonly Answer[] }) {
  if (answers.length === 0) return null;
  return (
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
  );
}

/** What stands beside the heading of a classification. */
export function BestConfidence({ answers: [best] }: { readonly answers: readonly Answer[] }) {
  const t = useTexts();
  if (!best) return null;
  return (
    <p class="verdict-confidence">
      {percent(best.confidence)} <span class="quiet-text">{t.result.confidence}</span>
    </p>
  );
}
