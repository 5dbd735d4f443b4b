/** Which items of a list are selected, and how clicks and keys change it. */

export interface Selection {
  readonly chosen: ReadonlySet<string>;
  /** Where the keys are; null: nowhere yet. */
  readonly focus: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
}

export const NOTHING_SELECTED: Selection = { chosen: new Set(), focus: null, anchor: null };

/** `one`: this alone; `toggle`: this as well, or no more; `range`: all from the anchor to this. */
export type Choice = 'one' | 'toggle' | 'range';

/** @param ids all of the list, in its order */
export function choose(selection: Selection, ids: readonly string[], id: string, how: Choice): Selection {
  if (how === 'one') return { chosen: new Set([id]), focus: id, anchor: id };
  if (how === 'toggle') {
    const chosen = new Set(selection.chosen);
    if (!chosen.delete(id)) chosen.add(id);
    return { chosen, focus: id, anchor: id };
  }
  const from = ids.indexOf(selection.anchor ?? selection.focus ?? id);
  const to = ids.indexOf(id);
  const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
  return { ...selection, chosen: new Set(ids.slice(first, last + 1)), focus: id, anchor: ids[from] ?? id };
}

/** What stays when items have left the list. */
export function among(selection: Selection, ids: readonly string[]): Selection {
  const there = new Set(ids);
  const chosen = [...selection.chosen].filter((id) => there.has(id));
  const still = (id: string | null) => (id !== null && there.has(id) ? id : null);
  return { chosen: new Set(chosen), focus: still(selection.focus), anchor: still(selection.anchor) };
}

/**
 * Where an arrow leads in a grid that is filled row by row.
 * @param columns of the grid as it is laid out now
 * @returns the place in the list; null: the key leads nowhere
 */
export function stepTo(key: string, at: number, columns: number, length: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: length - 1,
  };
  const to = steps[key];
  return to === undefined || to < 0 || to >= length ? null : to;
}
