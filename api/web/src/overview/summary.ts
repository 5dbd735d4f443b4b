/** What several images show together: counts per class, and which of the images match a filter. */
import { isUnsure } from '../client/models.js';
import { type Mark, markOf } from '../parts/item-state.js';
import { isCounted } from '../result/class-lines.js';
import type { Item } from '../state/uploads.js';

export interface ClassSummary {
  readonly name: string;
  readonly index: number;
  /** The model that was the first to find it. */
  readonly model: string;
  /** Images that show it. */
  readonly images: number;
  /** Objects or areas in all of them; of classes as many as images. */
  readonly objects: number;
}

/** State of an image: where it stands, or an answer that is not sure. */
export type Standing = Mark | 'unsure';

export interface OverviewFilter {
  /** A class by its name; null: any. */
  readonly class: string | null;
  readonly standing: Standing | null;
}

export const ALL: OverviewFilter = { class: null, standing: null };

export function standingOf(item: Item): Standing {
  const mark = markOf(item);
  return mark === 'good' && item.prediction && isUnsure(item.prediction) ? 'unsure' : mark;
}

/** Classes that an image shows with how often: of a classification the first one, unless it is not sure. */
export function classesOf(item: Item): Map<string, { index: number; count: number }> {
  const answers = item.prediction?.output?.predictions ?? [];
  const shown = isCounted(answers) ? answers : answers.slice(0, standingOf(item) === 'unsure' ? 0 : 1);
  const classes = new Map<string, { index: number; count: number }>();
  for (const { class_name: name, class_index: index } of shown)
    classes.set(name, { index, count: (classes.get(name)?.count ?? 0) + 1 });
  return classes;
}

/** Those that most images show first. */
export function classesIn(items: readonly Item[]): ClassSummary[] {
  const all = new Map<string, ClassSummary>();
  for (const item of items)
    for (const [name, { index, count }] of classesOf(item)) {
      const before = all.get(name) ?? {
        ...{ name, index, images: 0, objects: 0 },
        model: item.prediction?.model.name ?? '',
      };
      all.set(name, { ...before, images: before.images + 1, objects: before.objects + count });
    }
  return [...all.values()].sort((one, other) => other.images - one.images || one.index - other.index);
}

export const matching = (items: readonly Item[], filter: OverviewFilter): Item[] =>
  items.filter(
    (item) =>
      (filter.standing === null || standingOf(item) === filter.standing) &&
      (filter.class === null || classesOf(item).has(filter.class)),
  );
