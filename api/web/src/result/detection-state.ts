/** What of a detection is shown: from which confidence on, which classes; and which object is pointed at. */
import type { Answer, Box } from '@scry/shared/contracts/prediction';
import { useMemo, useState } from 'preact/hooks';

/** A detected object, with its place in the answer's list. */
export interface Found extends Answer {
  readonly bbox: Box;
  readonly index: number;
}

export interface ClassCount {
  readonly class_index: number;
  readonly class_name: string;
  /** Objects of the class from the threshold on. */
  readonly count: number;
}

/** The objects among answers. */
export function foundIn(answers: readonly Answer[]): Found[] {
  return answers.flatMap((answer, index) => (answer.bbox ? [{ ...answer, bbox: answer.bbox, index }] : []));
}

/** Classes in the order of their numbers, with how many objects are at or above a threshold. */
export function countClasses(found: readonly Found[], threshold: number): ClassCount[] {
  const counts = new Map<number, ClassCount>();
  for (const { class_index, class_name, confidence } of found) {
    const before = counts.get(class_index)?.count ?? 0;
    counts.set(class_index, { class_index, class_name, count: before + (confidence >= threshold ? 1 : 0) });
  }
  return [...counts.values()].sort((one, other) => one.class_index - other.class_index);
}

/** Where the slider begins: just at the weakest object, in whole percent. */
export function lowestThreshold(found: readonly Found[]): number {
  const weakest = Math.min(1, ...found.map((one) => one.confidence));
  return Math.floor(weakest * 100) / 100;
}

/** With more objects than these, names on the image would cover it: they are shown when asked for. */
const LABELLED = 12;

export function useDetection(answers: readonly Answer[]) {
  const found = useMemo(() => foundIn(answers), [answers]);
  const lowest = useMemo(() => lowestThreshold(found), [found]);
  const [chosen, setThreshold] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [active, setActive] = useState<number | null>(null);
  const [labelled, setLabels] = useState<boolean | null>(null);
  const threshold = Math.max(chosen ?? lowest, lowest);
  const shown = useMemo(
    () => found.filter((one) => one.confidence >= threshold && !hidden.has(one.class_index)),
    [found, threshold, hidden],
  );
  const toggleClass = (classIndex: number) => {
    const next = new Set(hidden);
    if (!next.delete(classIndex)) next.add(classIndex);
    setHidden(next);
  };
  const classes = useMemo(() => countClasses(found, threshold), [found, threshold]);
  const labels = labelled ?? shown.length <= LABELLED;
  return {
    labels,
    setLabels,
    found,
    shown,
    classes,
    lowest,
    threshold,
    setThreshold,
    hidden,
    toggleClass,
    active,
    setActive,
  };
}

/** What is shown as the query of GET /v1/predictions/{id}/annotated; empty when all is. */
export function shownQuery({
  found,
  threshold,
  lowest,
  hidden,
}: Pick<DetectionState, 'found' | 'threshold' | 'lowest' | 'hidden'>): string {
  const query = new URLSearchParams();
  if (threshold > lowest) query.set('threshold', String(threshold));
  const classes = new Set(found.map((one) => one.class_index).filter((index) => !hidden.has(index)));
  if (hidden.size > 0) query.set('classes', [...classes].join(','));
  const text = query.toString();
  return text && `?${text}`;
}

export type DetectionState = ReturnType<typeof useDetection>;
