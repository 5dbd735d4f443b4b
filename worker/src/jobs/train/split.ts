/** Which images a training learns from and which it is measured by. */

import { shuffled } from '@scry/onnx/gradients/trainer/random';
import type { Split } from '@scry/shared/contracts/dataset';

export interface Splittable {
  readonly sha256: string;
  readonly class: string;
  readonly split: Split | null;
}

export interface Parts<T> {
  readonly train: readonly T[];
  readonly validation: readonly T[];
  /** Items that say so themselves. */
  readonly test: readonly T[];
}

const byContent = (a: Splittable, b: Splittable) => (a.sha256 < b.sha256 ? -1 : 1);

/**
 * Items with a split of their own keep it; of the others of each class the share is validated on,
 * one at least and never all. The same images and seed give the same parts, in whatever order the images came.
 */
export function splitItems<T extends Splittable>(items: readonly T[], share: number, seed: number): Parts<T> {
  const train: T[] = [];
  const validation: T[] = [];
  const test: T[] = [];
  const free = new Map<string, T[]>();
  for (const item of [...items].sort(byContent)) {
    if (item.split === 'train') train.push(item);
    else if (item.split === 'validation') validation.push(item);
    else if (item.split === 'test') test.push(item);
    else free.set(item.class, [...(free.get(item.class) ?? []), item]);
  }
  for (const [index, name] of [...free.keys()].sort().entries()) {
    const all = free.get(name) as T[];
    const count = Math.min(all.length - 1, Math.max(1, Math.round(all.length * share)));
    for (const [place, at] of shuffled(all.length, seed, index).entries())
      (place < count ? validation : train).push(all[at] as T);
  }
  return { train, validation, test };
}
