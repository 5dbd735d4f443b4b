/** Which items a data set's view shows, as the API is asked for them and as the address has it. */

export interface ItemFilter {
  /** Null: any; empty: items without a class. */
  readonly class: string | null;
  /** Null: any; empty: items that a training places. */
  readonly split: string | null;
  readonly source: string | null;
  readonly text: string | null;
}

export const NO_ITEM_FILTER: ItemFilter = { class: null, split: null, source: null, text: null };

/** Reads a filter from the page's address. */
export function itemFilterIn(search: string): ItemFilter {
  const query = new URLSearchParams(search);
  const filled = (name: string) => query.get(name) || null;
  return {
    class: query.get('class'),
    split: query.get('split'),
    source: filled('source'),
    text: filled('text'),
  };
}

function textOf(filter: ItemFilter): string {
  const set = Object.entries(filter).filter(([, value]) => value !== null) as [string, string][];
  return new URLSearchParams(set.map(([name, value]) => [name, value.trim()])).toString();
}

/** The filter as the query of the page's address, with "?" where it has anything. */
export function itemAddressOf(filter: ItemFilter): string {
  const text = textOf(filter);
  return text && `?${text}`;
}

/** The filter as the tail of a query string, beginning with "&" where it has anything. */
export function itemQueryOf(filter: ItemFilter): string {
  const text = textOf(filter);
  return text && `&${text}`;
}
