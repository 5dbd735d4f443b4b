/** Following something on the server to its end: by events while they come, else by long polls. */
import { readEvents } from './events.js';
import { getJson, RequestFailed } from './http.js';
import { backoff, pause } from './pause.js';

/** How long one poll may be held by the server, seconds. */
const HOLD_S = 10;
/** Least time between two polls, for servers or proxies that answer at once, milliseconds. */
const POLL_MS = 500;

export interface Followed<T> {
  /** Answers with it as it is, held with `?wait=`; its changes are at `/events` below. */
  readonly path: string;
  readonly hasEnded: (state: T) => boolean;
  /** Told of every state seen, the last included. */
  readonly onChange: (state: T) => void;
  readonly signal: AbortSignal;
}

/** Follows it to its end. A server that goes away is waited for. @throws RequestFailed (404, 401, …), AbortError */
export async function follow<T>({ path, hasEnded, onChange, signal }: Followed<T>): Promise<void> {
  let ended = false;
  const see = (state: T) => {
    ended = hasEnded(state);
    onChange(state);
  };
  try {
    for await (const { data } of readEvents(`${path}/events`, signal)) {
      see(JSON.parse(data) as T);
      if (ended) return;
    }
  } catch (error) {
    // A refusal is an answer; a stream that broke or was kept back by a proxy is what polling is for.
    if (signal.aborted || (error instanceof RequestFailed && !error.canPass)) throw error;
  }
  await poll(path, () => ended, see, signal);
}

/** Asks until it has ended, however long the server cannot be reached meanwhile. */
async function poll<T>(
  path: string,
  hasEnded: () => boolean,
  see: (state: T) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!hasEnded()) {
    try {
      see(await getJson<T>(`${path}?wait=${HOLD_S}`, signal));
      failures = 0;
      if (!hasEnded()) await pause(POLL_MS, signal);
    } catch (error) {
      if (!(error instanceof RequestFailed && error.canPass)) throw error;
      failures += 1;
      await pause(Math.max(backoff(failures), (error.retryAfterS ?? 0) * 1000), signal);
    }
    if (signal.aborted) throw new DOMException('aborted', 'AbortError');
  }
}
