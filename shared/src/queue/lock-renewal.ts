/** Renews the locks of the jobs that run in this process, so that no other process takes them. */
import { pause } from '../runtime/pause.js';
import type { ThrottledLog } from '../runtime/throttled-log.js';
import type { TakenJob } from './job.js';
import { type JobSource, LOCK_MS } from './source.js';

/** A job that was taken and has not ended. */
export interface HeldJob {
  readonly job: TakenJob;
  /** When its lock was renewed last, by `performance.now()`. */
  renewedAt: number;
  /** Its end is being written: its lock may already be gone. */
  settling: boolean;
}

const RENEW_EVERY_MS = LOCK_MS / 3;

/**
 * Renews until `signal` aborts; failures are logged and tried again.
 * @param held all jobs that this process holds now
 */
export async function keepRenewing(
  source: Pick<JobSource, 'renew'>,
  held: () => readonly HeldJob[],
  log: ThrottledLog,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(RENEW_EVERY_MS, signal);
    const now = performance.now();
    const due = held().filter(({ settling, renewedAt }) => !settling && now - renewedAt > RENEW_EVERY_MS / 2);
    if (due.length > 0 && !signal.aborted) await renew(source, due, now, log);
  }
}

async function renew(
  source: Pick<JobSource, 'renew'>,
  due: readonly HeldJob[],
  now: number,
  log: ThrottledLog,
): Promise<void> {
  try {
    const lost = new Set(await source.renew(due.map(({ job }) => job)));
    for (const one of due) one.renewedAt = now;
    const missed = due.filter(({ job, settling }) => lost.has(job) && !settling);
    if (missed.length > 0) log.warn({ jobs: missed.length }, 'the locks of jobs that run here were lost');
  } catch (error) {
    log.warn({ error: (error as Error).message }, 'the locks of jobs cannot be renewed; trying again');
  }
}
