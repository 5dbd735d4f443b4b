/** Which classes are taken for which, and the images behind each number. */
import type { TrainingMetrics } from '@scry/shared/contracts/training';
import { useState } from 'preact/hooks';
import { count, useTexts } from '../texts/training.js';
import { CellImages } from './cell-images.js';

/** Places of the true class and of the answer. */
type Cell = readonly [truth: number, answer: number];

interface Props {
  readonly training: string;
  readonly dataset: string;
  readonly metrics: TrainingMetrics;
}

const DIRECTIONS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Where an arrow leads: the next number in its direction that is not 0. */
function neighbour(confusion: TrainingMetrics['confusion'], [row, column]: Cell, key: string): Cell | null {
  const direction = DIRECTIONS[key];
  if (!direction) return null;
  const [down, right] = direction;
  for (let [r, c] = [row + down, column + right]; ; r += down, c += right) {
    const value = confusion[r]?.[c];
    if (value === undefined) return null;
    if (value > 0) return [r, c];
  }
}

const cellId = ([row, column]: Cell): string => `cell-${row}-${column}`;

export function Confusion({ training, dataset, metrics }: Props) {
  const t = useTexts();
  const { confusion, classes } = metrics;
  const names = classes.map((one) => one.class);
  const first = confusion.findIndex((row) => row.some((value) => value > 0));
  const [focus, setFocus] = useState<Cell>([first, confusion[first]?.findIndex((value) => value > 0) ?? 0]);
  const [open, setOpen] = useState<Cell | null>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = neighbour(confusion, focus, event.key);
    if (!next) return;
    event.preventDefault();
    setFocus(next);
    document.getElementById(cellId(next))?.focus();
  };
  return (
    <section class="panel" aria-labelledby="confusion-title">
      <h2 id="confusion-title">{t.trainings.confusion}</h2>
      <p class="quiet-text">{t.trainings.confusionHelp}</p>
      <div class="confusion">
        <div class="table-scroll matrix-scroll">
          <table class="matrix" onKeyDown={onKeyDown}>
            <thead>
              <tr>
                <th scope="col">
                  <span class="visually-hidden">{t.trainings.truth}</span>
                </th>
                {names.map((name) => (
                  <th key={name} scope="col" class="matrix-answer">
                    <span>{name}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {confusion.map((row, truth) => (
                <tr key={names[truth]}>
                  <th scope="row">{names[truth]}</th>
                  {row.map((value, answer) => (
                    <td
                      key={names[answer]}
                      class={value === 0 ? '' : truth === answer ? 'right' : 'wrong'}
                      style={shareOf(row, value)}
                    >
                      {value === 0 ? (
                        <span class="zero">0</span>
                      ) : (
                        <button
                          type="button"
                          id={cellId([truth, answer])}
                          tabIndex={truth === focus[0] && answer === focus[1] ? 0 : -1}
                          aria-expanded={open?.[0] === truth && open[1] === answer}
                          aria-label={t.trainings.confusionCell(
                            count(value),
                            names[truth] ?? '',
                            names[answer] ?? '',
                          )}
                          onFocus={() => setFocus([truth, answer])}
                          onClick={() => setOpen([truth, answer])}
                        >
                          {count(value)}
                        </button>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {open && (
          <CellImages
            training={training}
            dataset={dataset}
            truth={names[open[0]] ?? ''}
            answer={names[open[1]] ?? ''}
            images={confusion[open[0]]?.[open[1]] ?? 0}
            onClose={() => setOpen(null)}
          />
        )}
      </div>
    </section>
  );
}

/** How much of its row a number is, for the colour behind it; by its root, so that a single one is seen. */
function shareOf(row: readonly number[], value: number): Record<string, string> {
  const all = row.reduce((sum, one) => sum + one, 0);
  return { '--share': Math.sqrt(all === 0 ? 0 : value / all).toFixed(3) };
}
