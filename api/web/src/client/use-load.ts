/** Loading something for a view: again when asked, and when the key changes. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { getJson } from './http.js';

export interface Loaded<T> {
  readonly data: T | null;
  readonly error: unknown;
  readonly reload: () => void;
}

/** @param path what to GET, or null for nothing yet */
export function useLoad<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown }>({ data: null, error: null });
  const [round, setRound] = useState(0);
  const withKey = useValue(key);
  // Round and key are reasons to load again.
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    getJson<T>(path, stop.signal).then(
      (data) => setState({ data, error: null }),
      (error: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ data: before.data, error }));
      },
    );
    return () => stop.abort();
  }, [path, round, withKey]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return { ...state, reload };
}
