/** Keeps trying to write while the database is unavailable. */
import type { Logger } from '../runtime/log.js';
import { pause } from '../runtime/pause.js';
import { isPassing } from './database.js';

const RETRY_MS = { first: 100, most: 2000 } as const;

/**
 * Tries a write until it succeeds or fails for a reason that does not pass. A worker that holds results while the
 * database is unavailable takes no new jobs, which is the back-pressure needed.
 * (p-retry does the same; its versions for this Node are no longer kept: 9 needs Node 22.)
 * @param stop aborts the waiting; the last error is thrown then
 * @throws what `write` threw, when trying again is of no use
 */
export async function persist<T>(write: () => Promise<T>, stop: AbortSignal, log: Logger): Promise<T> {
  for (let delay: number = RETRY_MS.first; ; delay = Math.min(delay * 2, RETRY_MS.most)) {
    try {
      return await write();
    } catch (error) {
      if (!isPassing(error) || stop.aborted) throw error;
      log.warn({ error: (error as Error).message, delay }, 'database unavailable; the write is tried again');
    }
    await pause(delay, stop);
  }
}
