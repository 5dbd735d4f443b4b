/** A classification: classes with bars, the most confident first. */
import type { Answer } from '@scry/shared/contracts/prediction';
import { percent, useTexts } from '../texts/index.js';

interface Props {
  readonly answers: readonly Answer[];
  /** Confidence below which the first class says little; left out: it always says something. */
  readonly unsureBelow?: number | null | undefined;
}

export const isUnsure = ({ answers: [best], unsureBelow }: Props): boolean =>
  best !== undefined && best.confidence < (unsureBelow ?? 0);

export function Classification({ answers, unsureBelow }: Props) {
  if (answers.length === 0) return null;
  return (
    <ol class={isUnsure({ answers, unsureBelow }) ? 'bars unsure' : 'bars'}>
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
export function BestConfidence({ answers, unsureBelow }: Props) {
  const t = useTexts();
  const [best] = answers;
  if (!best) return null;
  if (isUnsure({ answers, unsureBelow }))
    return (
      <p class="verdict-unsure">
        <strong>{t.result.closest(best.class_name, percent(best.confidence))}</strong>{' '}
        <span class="quiet-text">{t.result.unsureHelp(percent(unsureBelow ?? 0, 0))}</span>
      </p>
    );
  return (
    <p class="verdict-confidence">
      {percent(best.confidence)} <span class="quiet-text">{t.result.confidence}</span>
    </p>
  );
}
