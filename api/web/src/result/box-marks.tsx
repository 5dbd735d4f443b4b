/** Marks single boxes of an answer as right, as something else, or as nothing. */
import type { BoxFeedback } from '@scry/shared/contracts/feedback';
import type { Answer } from '@scry/shared/tasks/answer';
import { percent, useTexts } from '../texts/index.js';

/** More than anyone marks one by one. */
const MOST = 100;

const RIGHT = 'right';
const WRONG = 'wrong';
const AS = 'as ';

interface Props {
  readonly answers: readonly Answer[];
  /** Of the model. */
  readonly labels: readonly string[];
  readonly marks: ReadonlyMap<number, string>;
  readonly onMark: (index: number, mark: string) => void;
}

/** As the API takes it. */
export function boxesOf(marks: ReadonlyMap<number, string>): BoxFeedback[] {
  return [...marks].flatMap(([index, mark]): BoxFeedback[] => {
    if (mark === RIGHT) return [{ index, correct: true }];
    if (mark === WRONG) return [{ index, correct: false }];
    return mark.startsWith(AS) ? [{ index, correct: false, label: mark.slice(AS.length) }] : [];
  });
}

export function BoxMarks({ answers, labels, marks, onMark }: Props) {
  const t = useTexts().feedback.box;
  return (
    <details class="box-marks">
      <summary>{t.title}</summary>
      <ol>
        {answers.slice(0, MOST).map(({ class_name, confidence, bbox }, index) =>
          bbox ? (
            <li key={index}>
              <label>
                <span>
                  {index + 1}. {class_name} <span class="figures">{percent(confidence, 0)}</span>
                </span>
                <select
                  value={marks.get(index) ?? ''}
                  onChange={(event) => onMark(index, event.currentTarget.value)}
                >
                  <option value="">{t.none}</option>
                  <option value={RIGHT}>{t.right}</option>
                  <option value={WRONG}>{t.wrong}</option>
                  {labels
                    .filter((label) => label !== class_name)
                    .map((label) => (
                      <option key={label} value={AS + label}>
                        {t.as(label)}
                      </option>
                    ))}
                </select>
              </label>
            </li>
          ) : null,
        )}
      </ol>
    </details>
  );
}
