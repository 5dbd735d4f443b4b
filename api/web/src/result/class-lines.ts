/** Two answers class by class. */
import type { Answer } from '@scry/shared/tasks/answer';

export interface ClassLine {
  readonly name: string;
  /** For objects and areas how many, else the confidence; null: the answer does not have the class. */
  readonly left: number | null;
  readonly right: number | null;
}

/** Whether an answer's classes are counted. */
export const isCounted = (answers: readonly Answer[]): boolean =>
  answers.some(({ bbox, mask }) => bbox !== undefined || mask !== undefined);

function valuesOf(answers: readonly Answer[]): Map<string, number> {
  const counted = isCounted(answers);
  const values = new Map<string, number>();
  for (const { class_name: name, confidence } of answers)
    values.set(name, counted ? (values.get(name) ?? 0) + 1 : confidence);
  return values;
}

/** All classes of both, those first that come first in either. */
export function classLines(left: readonly Answer[], right: readonly Answer[]): ClassLine[] {
  const [ofLeft, ofRight] = [valuesOf(left), valuesOf(right)];
  const names = new Set([...ofLeft.keys(), ...ofRight.keys()]);
  return [...names].map((name) => ({
    name,
    left: ofLeft.get(name) ?? null,
    right: ofRight.get(name) ?? null,
  }));
}
