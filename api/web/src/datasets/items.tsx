/** The images of a data set: filtered, selected, given other classes and deleted. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { changeItems, type DatasetView, type ItemView, removeItems } from '../client/datasets.js';
import { useAction } from '../client/use-action.js';
import { announce } from '../parts/announcer.js';
import { ConfirmDialog } from '../parts/dialog.js';
import { ErrorNotice } from '../parts/notice.js';
import { Sentinel } from '../parts/sentinel.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { setSearch } from '../routing/router.js';
import { count, useTexts } from '../texts/training.js';
import { ClassDialog } from './class-dialog.js';
import { FilterForm } from './filter-form.js';
import { Grid, tileId } from './grid.js';
import { ItemDialog } from './item-dialog.js';
import { type ItemFilter, itemAddressOf } from './item-filter.js';
import { among, NOTHING_SELECTED, type Selection } from './selection.js';
import { SelectionBar } from './selection-bar.js';
import type { Items as LoadedItems } from './use-items.js';

interface Props {
  readonly dataset: DatasetView;
  readonly filter: ItemFilter;
  readonly items: LoadedItems;
  /** Called when the counts of the data set may be others. */
  readonly onChanged: () => void;
}

/** Takes a change back. */
interface Done {
  readonly said: string;
  readonly undo: (() => Promise<void>) | null;
}

/** Whether an item is shown under a filter. */
const isShown = (item: ItemView, filter: ItemFilter): boolean =>
  (filter.class === null || filter.class === (item.class ?? '')) &&
  (filter.split === null || filter.split === (item.split ?? ''));

/** Items by the value that they have, for giving it back to them. */
function groupsBy<K extends 'class' | 'split'>(items: readonly ItemView[], name: K) {
  const groups = new Map<ItemView[K], string[]>();
  for (const item of items) groups.set(item[name], [...(groups.get(item[name]) ?? []), item.id]);
  return groups;
}

export function Items({ dataset, filter, items, onChanged }: Props) {
  const t = useTexts();
  const [selection, setSelection] = useState<Selection>(NOTHING_SELECTED);
  const [selecting, setSelecting] = useState(false);
  const [open, setOpen] = useState<'class' | 'remove' | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const { busy, error, run } = useAction();
  const all = items.items;
  const ids = all.map(({ id }) => id);
  const refocus = useRef<string | null>(null);
  useEffect(() => {
    setSelection((before) => among(before, ids));
    // The image that had the focus is gone: the one in its place takes it.
    if (refocus.current) document.getElementById(tileId(refocus.current))?.focus();
    refocus.current = null;
  }, [all]);
  // What a key does is done to the image that it is pressed on, when none is selected.
  const meant = selection.chosen.size > 0 ? [...selection.chosen] : selection.focus ? [selection.focus] : [];
  const select = (next: Selection) => {
    if (next.chosen.size !== selection.chosen.size) announce(t.datasets.selected(count(next.chosen.size)));
    setSelection(next);
  };
  const tell = (said: string, undo: Done['undo']) => {
    setDone({ said, undo });
    announce(said);
  };
  const change = <K extends 'class' | 'split'>(name: K, value: ItemView[K], said: string) => {
    const before = all.filter(({ id }) => meant.includes(id));
    run(async () => {
      await changeItems(dataset.id, meant, { [name]: value });
      const changed = new Set(meant);
      items.update((now) =>
        now
          .map((item) => (changed.has(item.id) ? { ...item, [name]: value } : item))
          .filter((item) => isShown(item, filter)),
      );
      onChanged();
      tell(said, async () => {
        for (const [old, some] of groupsBy(before, name))
          await changeItems(dataset.id, some, { [name]: old });
        items.reload();
        onChanged();
      });
    });
  };
  const remove = () => {
    const gone = new Set(meant);
    const first = ids.findIndex((id) => gone.has(id));
    run(async () => {
      await removeItems(dataset.id, meant);
      const left = ids.filter((id) => !gone.has(id));
      refocus.current = left[Math.min(first, left.length - 1)] ?? null;
      items.update((now) => now.filter(({ id }) => !gone.has(id)));
      setSelection({ ...NOTHING_SELECTED, focus: refocus.current });
      onChanged();
      tell(t.datasets.removed(t.datasets.images(count(gone.size))), null);
    });
  };
  const selectAll = () =>
    run(async () => {
      const loaded = await items.loadAll();
      select({ ...selection, chosen: new Set(loaded.map(({ id }) => id)) });
    });
  const endSelecting = () => {
    setSelecting(false);
    select(NOTHING_SELECTED);
  };
  return (
    <>
      <FilterForm dataset={dataset} filter={filter} onChange={(next) => setSearch(itemAddressOf(next))} />
      {(error ?? items.error) !== null && (
        <ErrorNotice error={error ?? items.error} onRetry={items.reload} scopes={TRAINING_SCOPES} />
      )}
      <div class="grid-tools">
        <details class="keys-help">
          <summary>{t.datasets.keys}</summary>
          <p class="quiet-text">{t.datasets.gridHelp}</p>
        </details>
        <button
          type="button"
          class="quiet"
          aria-pressed={selecting}
          onClick={() => (selecting ? endSelecting() : setSelecting(true))}
        >
          {selecting ? t.datasets.selectEnd : t.datasets.select}
        </button>
      </div>
      {done && (
        <div class="notice good done">
          <span>{done.said}</span>
          {done.undo && (
            <button
              type="button"
              class="quiet"
              disabled={busy}
              onClick={() => {
                const { undo } = done;
                setDone(null);
                if (undo) run(undo);
              }}
            >
              {t.datasets.undo}
            </button>
          )}
        </div>
      )}
      {items.next === undefined && items.error === null && <p class="quiet-text">{t.common.loading}</p>}
      {items.next === null && all.length === 0 && <p class="empty">{t.datasets.noMatch}</p>}
      {all.length > 0 && (
        <Grid
          dataset={dataset.id}
          items={all}
          selection={selection}
          selecting={selecting}
          onSelection={select}
          onOpen={setShown}
          onRelabel={() => setOpen('class')}
          onRemove={() => setOpen('remove')}
        />
      )}
      {items.next && (
        <>
          <Sentinel onNear={items.more} />
          <button type="button" class="quiet" onClick={items.more}>
            {t.history.more}
          </button>
        </>
      )}
      {(selection.chosen.size > 0 || selecting) && (
        <SelectionBar
          chosen={selection.chosen.size}
          complete={items.next === null && selection.chosen.size === all.length}
          busy={busy}
          onAll={selectAll}
          onClear={endSelecting}
          onRelabel={() => setOpen('class')}
          onRemove={() => setOpen('remove')}
          onSplit={(split) =>
            change(
              'split',
              split,
              t.datasets.relabelled(
                t.datasets.images(count(meant.length)),
                t.datasets.split[split ?? 'none'],
              ),
            )
          }
        />
      )}
      {open === 'class' && meant.length > 0 && (
        <ClassDialog
          images={meant.length}
          classes={dataset.classes.flatMap((one) => (one.class === null ? [] : [one.class]))}
          onClose={() => setOpen(null)}
          onChoose={(label) => {
            setOpen(null);
            const images = t.datasets.images(count(meant.length));
            change('class', label, t.datasets.relabelled(images, label ?? t.datasets.noClass));
          }}
        />
      )}
      {open === 'remove' && meant.length > 0 && (
        <ConfirmDialog
          title={t.datasets.removeItemsAsk(t.datasets.images(count(meant.length)))}
          help={t.datasets.removeItemsHelp}
          confirm={t.datasets.removeConfirm}
          cancel={t.datasets.cancel}
          onClose={() => setOpen(null)}
          onConfirm={() => {
            setOpen(null);
            remove();
          }}
        />
      )}
      {shown !== null && (
        <ItemDialog
          dataset={dataset.id}
          items={all}
          shown={shown}
          onShow={setShown}
          onClose={() => setShown(null)}
        />
      )}
    </>
  );
}
