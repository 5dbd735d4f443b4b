/** The images of a data set: filtered, selected, given other classes and deleted. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DatasetView } from '../client/datasets.js';
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
import { useChanges } from './use-changes.js';
import type { Items as LoadedItems } from './use-items.js';

interface Props {
  readonly dataset: DatasetView;
  readonly filter: ItemFilter;
  readonly items: LoadedItems;
  /** Called when the counts of the data set may be others. */
  readonly onChanged: () => void;
}

export function Items({ dataset, filter, items, onChanged }: Props) {
  const t = useTexts();
  const [selection, setSelection] = useState<Selection>(NOTHING_SELECTED);
  const [selecting, setSelecting] = useState(false);
  const [open, setOpen] = useState<'class' | 'remove' | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const all = items.items;
  const ids = all.map(({ id }) => id);
  const refocus = useRef<string | null>(null);
  useEffect(() => {
    setSelection((before) => among(before, ids));
    if (refocus.current) document.getElementById(tileId(refocus.current))?.focus();
    refocus.current = null;
  }, [all]);
  // What a key does is done to the image that it is pressed on, when none is selected.
  const meant = selection.chosen.size > 0 ? [...selection.chosen] : selection.focus ? [selection.focus] : [];
  const select = (next: Selection) => {
    if (next.chosen.size !== selection.chosen.size) announce(t.datasets.selected(count(next.chosen.size)));
    setSelection(next);
  };
  // The image that had the focus may leave the list: the one in its place takes it.
  const onLeaving = (left: readonly string[]) => {
    const stays = new Set(left);
    const at = selection.focus === null ? -1 : ids.indexOf(selection.focus);
    if (at < 0 || stays.has(selection.focus ?? '')) return;
    const next = ids.slice(at).find((id) => stays.has(id)) ?? left.at(-1) ?? null;
    refocus.current = next;
    setSelection({ ...NOTHING_SELECTED, focus: next });
  };
  const changes = useChanges({ dataset: dataset.id, filter, items, meant, onChanged, onLeaving });
  const { busy, error, done } = changes;
  const selectAll = () =>
    changes.run(async () => {
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
            <button type="button" class="quiet" disabled={busy} onClick={changes.undo}>
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
          onSplit={changes.place}
        />
      )}
      {open === 'class' && meant.length > 0 && (
        <ClassDialog
          images={meant.length}
          classes={dataset.classes.flatMap((one) => (one.class === null ? [] : [one.class]))}
          onClose={() => setOpen(null)}
          onChoose={(label) => {
            setOpen(null);
            changes.relabel(label);
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
            changes.remove();
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
