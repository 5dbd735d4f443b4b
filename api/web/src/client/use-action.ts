/** Something that a person starts by a button: whether it is under way, and why it failed. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';

export interface Action {
  readonly busy: boolean;
  /** Of the last one; null: it succeeded. */
  readonly error: unknown;
  /** Runs it; nothing else is to be started while `busy`. Never throws: `error` says why it failed. */
  readonly run: (task: () => Promise<void>) => void;
}

export function useAction(): Action {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const withKey = useValue(key);
  // Another key may be allowed to do it.
  useEffect(() => setState((before) => ({ ...before, error: null })), [withKey]);
  const run = useCallback((task: () => Promise<void>) => {
    setState({ busy: true, error: null });
    task().then(
      () => setState({ busy: false, error: null }),
      (error: unknown) => setState({ busy: false, error }),
    );
  }, []);
  return { ...state, run };
}
