/**
 * Images in rows, selected by mouse, touch and keys. A listbox to screen readers, with one image at a time in the order of the
 * Tab key.
 */
import { useRef } from 'preact/hooks';
import type { ItemView } from '../client/datasets.js';
import { Icon } from '../parts/icons.js';
import { ItemImage } from '../parts/item-image.js';
import { useTexts } from '../texts/training.js';
import { type Choice, choose, NOTHING_SELECTED, type Selection, stepTo } from './selection.js';

interface Props {
  readonly dataset: string;
  readonly items: readonly ItemView[];
  readonly selection: Selection;
  /** Whether a tap selects; else it enlarges. */
  readonly selecting: boolean;
  readonly onSelection: (selection: Selection) => void;
  readonly onOpen: (id: string) => void;
  readonly onRelabel: () => void;
  readonly onRemove: () => void;
}

/** The id of the element of an item. */
export const tileId = (item: string): string => `item-${item}`;

const isTouched = () => matchMedia('(pointer: coarse)').matches;

/** Columns of the grid as it is laid out now. */
function columnsOf(grid: HTMLElement): number {
  const tiles = [...grid.children] as HTMLElement[];
  const [first] = tiles;
  const below = tiles.findIndex(({ offsetTop }) => offsetTop !== first?.offsetTop);
  return below < 0 ? tiles.length : below;
}

/** The item that an event happened on. */
const itemOf = (event: Event): string | undefined =>
  (event.target as Element).closest<HTMLElement>('[data-item]')?.dataset.item;

export function Grid(props: Props) {
  const { dataset, items, selection, selecting, onSelection, onOpen } = props;
  const t = useTexts();
  const grid = useRef<HTMLDivElement>(null);
  const onKeyDown = useKeys(props, grid);
  const onClick = (event: MouseEvent) => {
    const id = itemOf(event);
    if (id === undefined) return;
    const onMark = (event.target as Element).closest('.item-mark') !== null;
    if (isTouched() && !selecting && !onMark) return onOpen(id);
    const toggles = selecting || onMark || event.ctrlKey || event.metaKey;
    const how: Choice = event.shiftKey ? 'range' : toggles ? 'toggle' : 'one';
    onSelection(
      choose(
        selection,
        items.map((item) => item.id),
        id,
        how,
      ),
    );
  };
  const onDblClick = (event: MouseEvent) => {
    const id = itemOf(event);
    if (id !== undefined && !selecting) onOpen(id);
  };
  const inTabOrder = selection.focus ?? items[0]?.id;
  return (
    <div
      ref={grid}
      class={`item-grid${selecting ? ' selecting' : ''}`}
      role="listbox"
      aria-multiselectable="true"
      aria-label={t.datasets.grid}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onDblClick={onDblClick}
    >
      {items.map(({ id, class: label, file_name }) => (
        <div
          key={id}
          id={tileId(id)}
          data-item={id}
          class="item"
          role="option"
          tabIndex={id === inTabOrder ? 0 : -1}
          aria-selected={selection.chosen.has(id)}
          aria-label={t.datasets.imageOf(file_name ?? id, label ?? t.datasets.noClass)}
        >
          <ItemImage dataset={dataset} item={id} />
          <span class="item-mark" aria-hidden="true">
            <Icon name="check" />
          </span>
          <span class={`item-class${label === null ? ' none' : ''}`} aria-hidden="true">
            {label ?? t.datasets.noClass}
          </span>
        </div>
      ))}
    </div>
  );
}

function useKeys(props: Props, grid: { readonly current: HTMLElement | null }) {
  const { items, selection, onSelection, onOpen, onRelabel, onRemove } = props;
  const ids = items.map(({ id }) => id);
  const move = (event: KeyboardEvent, at: number): boolean => {
    const to = grid.current ? stepTo(event.key, at, columnsOf(grid.current), ids.length) : null;
    const id = to === null ? undefined : ids[to];
    if (id === undefined) return event.key.startsWith('Arrow');
    const from = { ...selection, focus: ids[at] ?? null };
    onSelection(event.shiftKey ? choose(from, ids, id, 'range') : { ...selection, focus: id, anchor: id });
    document.getElementById(tileId(id))?.focus();
    return true;
  };
  /** @returns whether the key meant something */
  const hear = (event: KeyboardEvent, id: string): boolean => {
    const here = { ...selection, focus: id };
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
      onSelection({ ...here, chosen: new Set(ids) });
      return true;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    switch (event.key) {
      case ' ':
        onSelection(choose(selection, ids, id, event.shiftKey ? 'range' : 'toggle'));
        return true;
      case 'Escape':
        onSelection({ ...NOTHING_SELECTED, focus: id });
        return true;
      case 'Enter':
        onSelection(here);
        onOpen(id);
        return true;
      case 'Delete':
      case 'Backspace':
        onSelection(here);
        onRemove();
        return true;
      case 'c':
        onSelection(here);
        onRelabel();
        return true;
      default:
        return move(event, ids.indexOf(id));
    }
  };
  return (event: KeyboardEvent) => {
    const id = itemOf(event);
    if (id !== undefined && hear(event, id)) event.preventDefault();
  };
}
