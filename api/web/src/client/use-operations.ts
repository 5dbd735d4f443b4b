/** The operators' figures, as the server sends them every few seconds; opened again when the stream breaks. */
import type { Operations } from '@scry/shared/contracts/statistics';
import { useEffect, useState } from 'preact/hooks';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { readEvents } from './events.js';
import { RequestFailed } from './http.js';
import { pause } from './pause.js';

export interface LiveOperations {
  readonly data: Operations | null;
  readonly live: boolean;
  /** A refusal; a broken stream is only tried again. */
  readonly error: RequestFailed | null;
}

const RETRY_MS = 2000;

/** One stream, from its opening until it breaks. @returns the refusal, if it was one */
async function readOnce(
  onData: (data: Operations) => void,
  signal: AbortSignal,
): Promise<RequestFailed | null> {
  try {
    for await (const { data } of readEvents('/v1/stats/events', signal))
      onData(JSON.parse(data) as Operations);
  } catch (error) {
    if (error instanceof RequestFailed && error.needsKey) return error;
  }
  return null; // the server ended it, or the network did
}

export function useOperations(): LiveOperations {
  const [state, setState] = useState<LiveOperations>({ data: null, live: false, error: null });
  const withKey = useValue(key);
  // Another key may be allowed to see it.
  useEffect(() => {
    const stop = new AbortController();
    const run = async () => {
      while (!stop.signal.aborted) {
        const refusal = await readOnce((data) => setState({ data, live: true, error: null }), stop.signal);
        if (stop.signal.aborted) return;
        setState((before) => ({ data: refusal ? null : before.data, live: false, error: refusal }));
        if (refusal) return;
        await pause(RETRY_MS, stop.signal);
      }
    };
    void run();
    return () => stop.abort();
  }, [withKey]);
  return state;
}
