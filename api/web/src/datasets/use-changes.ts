/** Changing and deleting the images that are meant, in the server and in what is shown, and taking a change back. */
import { useState } from 'preact/hooks';
import { changeItems, type ItemView, removeItems } from '../client/datasets.js';
import { useAction } from '../client/use-action.js';
import { announce } from '../parts/announcer.js';
import { count, useTexts } from '../texts/training.js';
import type { ItemFilter } from './item-filter.js';
import type { Items } from './use-items.js';

interface Parts {
  readonly dataset: string;
  readonly filter: ItemFilter;
  readonly items: Items;
  /** Ids of the images that it is about. */
  readonly meant: readonly string[];
  /** Called when the counts of the data set may be others. */
  readonly onChanged: () => void;
  /** Called before images leave the list, with those that stay. */
  readonly onLeaving: (left: readonly string[]) => void;
}

/** What was done last. */
interface Done {
  readonly said: string;
  /** Takes it back; null: it cannot be. */
  readonly undo: (() => Promise<void>) | null;
}

type Field = 'class' | 'split';

/** Whether an item is shown under a filter. */
const isShown = (item: ItemView, filter: ItemFilter): boolean =>
  (filter.class === null || filter.class === (item.class ?? '')) &&
  (filter.split === null || filter.split === (item.split ?? ''));

/** Items by the value that they have, for giving it back to them. */
function groupsBy<K extends Field>(items: readonly ItemView[], name: K) {
  const groups = new Map<ItemView[K], string[]>();
  for (const item of items) groups.set(item[name], [...(groups.get(item[name]) ?? []), item.id]);
  return groups;
}

export function useChanges({ dataset, filter, items, meant, onChanged, onLeaving }: Parts) {
  const t = useTexts();
  const [done, setDone] = useState<Done | null>(null);
  const { busy, error, run } = useAction();
  const chosen = new Set(meant);
  const finish = (now: readonly ItemView[], said: string, undo: Done['undo']) => {
    onLeaving(now.map(({ id }) => id));
    items.update(() => now);
    onChanged();
    setDone({ said, undo });
    announce(said);
  };
  const giveBack =
    <K extends Field>(name: K, before: readonly ItemView[]) =>
    async () => {
      for (const [old, some] of groupsBy(before, name)) await changeItems(dataset, some, { [name]: old });
      items.reload();
      onChanged();
    };
  const change = <K extends Field>(name: K, value: ItemView[K], said: string) => {
    const before = items.items.filter(({ id }) => chosen.has(id));
    run(async () => {
      await changeItems(dataset, meant, { [name]: value });
      const now = items.items.map((item) => (chosen.has(item.id) ? { ...item, [name]: value } : item));
      finish(
        now.filter((item) => isShown(item, filter)),
        said,
        giveBack(name, before),
      );
    });
  };
  const images = () => t.datasets.images(count(meant.length));
  return {
    ...{ busy, error, run, done },
    relabel: (label: string | null) =>
      change('class', label, t.datasets.relabelled(images(), label ?? t.datasets.noClass)),
    place: (split: ItemView['split']) =>
      change('split', split, t.datasets.placed(images(), t.datasets.split[split ?? 'none'])),
    remove: () =>
      run(async () => {
        await removeItems(dataset, meant);
        finish(
          items.items.filter(({ id }) => !chosen.has(id)),
          t.datasets.removed(images()),
          null,
        );
      }),
    undo: () => {
      const undo = done?.undo;
      setDone(null);
      if (undo) run(undo);
    },
  };
}
