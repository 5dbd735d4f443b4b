/** The items of a data set that match a filter, page by page. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { datasetPath, type ItemPage, type ItemView } from '../client/datasets.js';
import { getJson } from '../client/http.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';

interface State {
  readonly items: readonly ItemView[];
  /** Null: all are loaded. undefined: nothing is yet. */
  readonly next: string | null | undefined;
  readonly error: unknown;
}

export interface Items extends State {
  readonly more: () => void;
  readonly reload: () => void;
  /** Loads what is left. @returns all that match. @throws RequestFailed, AbortError */
  readonly loadAll: () => Promise<readonly ItemView[]>;
  /** Changes what is shown, after the server has been told. */
  readonly update: (change: (items: readonly ItemView[]) => readonly ItemView[]) => void;
}

const PAGE = 100;
const LARGEST_PAGE = 200;
const NOTHING: State = { items: [], next: undefined, error: null };

/** Adds a page; what came in meanwhile moves the rest, so an item may come twice. */
function joined(items: readonly ItemView[], page: readonly ItemView[]): ItemView[] {
  const known = new Set(items.map(({ id }) => id));
  return [...items, ...page.filter(({ id }) => !known.has(id))];
}

/** @param query the filter as the API is asked for it, beginning with "&" where it has anything */
export function useItems(dataset: string, query: string): Items {
  const withKey = useValue(key);
  const [state, setState] = useState<State>(NOTHING);
  const latest = useRef(state);
  latest.current = state;
  const loading = useRef<AbortController | null>(null);

  const load = useCallback(
    async (cursor: string | null, limit = PAGE) => {
      loading.current?.abort();
      const stop = new AbortController();
      loading.current = stop;
      try {
        const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const path = `${datasetPath(dataset)}/items?limit=${limit}${query}${from}`;
        const { items, next } = await getJson<ItemPage>(path, stop.signal);
        const now = { items: cursor ? joined(latest.current.items, items) : items, next, error: null };
        latest.current = now;
        setState(now);
      } finally {
        if (loading.current === stop) loading.current = null;
      }
    },
    [dataset, query],
  );

  const show = useCallback(
    (cursor: string | null) => {
      load(cursor).catch((error: unknown) => {
        if (!(error instanceof DOMException)) setState((before) => ({ ...before, error }));
      });
    },
    [load],
  );

  // Another key may see more.
  useEffect(() => {
    setState(NOTHING);
    show(null);
    return () => loading.current?.abort();
  }, [show, withKey]);

  const more = useCallback(() => {
    const { next } = latest.current;
    if (next && !loading.current) show(next);
  }, [show]);

  const loadAll = useCallback(async () => {
    for (let { next } = latest.current; next; { next } = latest.current) await load(next, LARGEST_PAGE);
    return latest.current.items;
  }, [load]);

  const update = useCallback<Items['update']>((change) => {
    setState((before) => ({ ...before, items: change(before.items) }));
  }, []);

  return { ...state, more, reload: () => show(null), loadAll, update };
}
