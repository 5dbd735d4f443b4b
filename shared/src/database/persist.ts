/** Keeps trying to write while the database is unavailable. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from '@scry/shared/database/database';
import type { Logger } from '@scry/shared/runtime/log';

const RETRY_MS = { first: 100, most: 2000 } as const;

/**
 * Tries a write until it succeeds or fails for a reason that does not pass. A worker that holds results while the
 * database is unavailable takes no new jobs, which is the back-pressure needed.
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
    await Promise.race([sleep(delay), once(stop, 'abort')]);
  }
}
