/** One prediction by its id, followed to its end. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useState } from 'preact/hooks';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { follow } from './predictions.js';

interface State {
  readonly prediction: PredictionView | null;
  readonly error: unknown;
}

/** @param id null: nothing to follow */
export function usePrediction(id: string | null): State & { readonly reload: () => void } {
  const [state, setState] = useState<State>({ prediction: null, error: null });
  const [round, setRound] = useState(0);
  const withKey = useValue(key);
  // Round and key are reasons to load again.
  useEffect(() => {
    if (id === null) return;
    const stop = new AbortController();
    follow(id, (prediction) => setState({ prediction, error: null }), stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) setState((before) => ({ ...before, error }));
    });
    return () => stop.abort();
  }, [id, round, withKey]);
  return { ...state, reload: () => setRound((count) => count + 1) };
}
