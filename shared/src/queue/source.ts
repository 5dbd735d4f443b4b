/** Where a consumer gets its jobs: what differs between Redis and PostgreSQL. */
import type { JobEnd, TakenJob } from './job.js';

/** So many jobs of one queue. */
export interface Want {
  readonly queue: string;
  readonly count: number;
}

export interface SourceEvents {
  /** So many jobs were added to a queue a moment ago. May come too often or not at all. */
  readonly onAdded: (queue: string, count: number) => void;
  /** News may have been missed: the connection was made again. */
  readonly onReconnected: () => void;
}

export interface JobSource {
  /** Whether `settle` can take the next job of the same queue in the same step. */
  readonly settlesWithNext: boolean;
  /** Begins to hear of jobs added to a queue. */
  subscribe(queue: string): void;
  unsubscribe(queue: string): void;
  /** Takes jobs and calls back with each; fewer than asked for: there were no more. @throws what the server says */
  take(wants: readonly Want[], onJob: (job: TakenJob) => void): Promise<void>;
  /**
   * Ends a run. @returns the next job of its queue, when asked for and there is one
   * @throws JobLost when the job is no longer this process's, or what the server says
   */
  settle(job: TakenJob, end: JobEnd, takeNext: boolean): Promise<TakenJob | null>;
  /** Says that jobs are still worked on. @returns those that are no longer this process's */
  renew(jobs: readonly TakenJob[]): Promise<readonly TakenJob[]>;
  /** Hands jobs back at once, as if they had never been taken. */
  release(jobs: readonly TakenJob[]): Promise<void>;
  /**
   * Looks after all queues in one go: jobs of processes that died can be taken again, and so can those whose waiting is over.
   * @returns the queues that hold jobs to be taken, with about how many
   */
  look(queues: readonly string[]): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

/** The job was handed to somebody else, or removed: what was made of it here no longer counts. */
export class JobLost extends Error {}

/** A process that is killed is missed after this long; its jobs go to others. Renewed at half of it. */
export const LOCK_MS = 15_000;
/** How often a consumer looks for itself, in case a wake-up got lost: once for all its queues together. */
export const LOOK_EVERY_MS = 2000;
