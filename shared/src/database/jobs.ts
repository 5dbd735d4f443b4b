/**
 * The table of jobs, where the queue is on PostgreSQL. Ends of jobs gather into batches: while one statement runs, the
 * next ones collect.
 */
import { Batcher } from '../runtime/batcher.js';
import type { Database } from './database.js';
import {
  ADD,
  COUNTS,
  DONE,
  FAIL,
  FIND,
  FORGET,
  LIST_JOBS,
  PUT_OFF,
  RELEASE_JOBS,
  REMOVE_JOB,
  RENEW,
  TAKE,
} from './job-statements.js';

/** One job, and the proof that it is the caller's. */
export interface OwnedJob {
  readonly queue: string;
  readonly id: string;
  readonly token: string;
}

export interface TakenRow {
  readonly queue: string;
  readonly id: string;
  readonly data: unknown;
  readonly attempts: number;
  readonly attemptsMade: number;
  readonly deaths: number;
}

export interface FoundRow {
  readonly queue: string;
  readonly id: string;
  readonly data: unknown;
  readonly failed: boolean;
  readonly reason: string | null;
}

export interface ListedRow extends Omit<FoundRow, 'queue'> {
  readonly addedAt: Date;
  readonly attemptsMade: number;
}

export interface AddedJobs {
  readonly queue: string;
  readonly jobs: readonly { readonly id: string; readonly data: object }[];
  readonly attempts: number;
  readonly keepFailed: boolean;
  readonly delayMs: number;
}

const MAX_BATCH = 200;

/** Arrays for `unnest`. */
function columns(jobs: readonly OwnedJob[]): [string[], string[], string[]] {
  return [jobs.map(({ queue }) => queue), jobs.map(({ id }) => id), jobs.map(({ token }) => token)];
}

const nameOf = ({ queue, id }: { readonly queue: string; readonly id: string }) => `${queue}\n${id}`;

export class JobStore {
  readonly #database: Database;
  readonly #ends: Batcher<OwnedJob, boolean>;

  constructor(database: Database) {
    this.#database = database;
    this.#ends = new Batcher({ max: MAX_BATCH, delayMs: 0, parallel: 1, run: (jobs) => this.#endAll(jobs) });
  }

  /** Adds jobs to a queue and tells whoever listens; those whose ids are taken stay as they are. */
  async add({ queue, jobs, attempts, keepFailed, delayMs }: AddedJobs): Promise<void> {
    const data = jobs.map((job) => JSON.stringify(job.data));
    await this.#database.run('job_add', ADD, [
      queue,
      jobs.map(({ id }) => id),
      data,
      attempts,
      keepFailed,
      delayMs,
    ]);
  }

  /** Takes jobs that are due, so many of each queue at the most. */
  take(
    wants: readonly { readonly queue: string; readonly count: number }[],
    token: string,
    lockMs: number,
  ): Promise<TakenRow[]> {
    const values = [wants.map(({ queue }) => queue), wants.map(({ count }) => count), token, lockMs];
    return this.#database.run<TakenRow>('job_take', TAKE, values);
  }

  /** Removes a job that is done. False: it was no longer the caller's. */
  done(job: OwnedJob): Promise<boolean> {
    return this.#ends.add(job);
  }

  /** Lets a job be taken again later. @param reason of a failed attempt; null: it was none */
  async putOff(job: OwnedJob, ms: number, reason: string | null): Promise<boolean> {
    const values = [...columns([job]), ms, reason === null ? 0 : 1, reason];
    return (await this.#database.run('job_put_off', PUT_OFF, values)).length > 0;
  }

  /** Ends a job that failed for good. */
  async fail(job: OwnedJob, reason: string): Promise<boolean> {
    return (await this.#database.run('job_fail', FAIL, [...columns([job]), reason])).length > 0;
  }

  /** Says that jobs are still worked on. @returns those that are no longer the caller's */
  async renew<T extends OwnedJob>(jobs: readonly T[], lockMs: number): Promise<T[]> {
    const rows = await this.#database.run<TakenRow>('job_renew', RENEW, [...columns(jobs), lockMs]);
    const renewed = new Set(rows.map(nameOf));
    return jobs.filter((job) => !renewed.has(nameOf(job)));
  }

  /** Hands jobs back, to be taken at once. */
  async release(jobs: readonly OwnedJob[]): Promise<void> {
    if (jobs.length > 0) await this.#database.run('job_release', RELEASE_JOBS, columns(jobs));
  }

  /** Jobs by queue and id, in that order; null where there is none. */
  async find(jobs: readonly { readonly queue: string; readonly id: string }[]): Promise<(FoundRow | null)[]> {
    const values = [jobs.map(({ queue }) => queue), jobs.map(({ id }) => id)];
    const rows = await this.#database.run<FoundRow>('job_find', FIND, values);
    const found = new Map(rows.map((row) => [nameOf(row), row]));
    return jobs.map((job) => found.get(nameOf(job)) ?? null);
  }

  /** Removes a job, unless somebody works on it. */
  async remove(queue: string, id: string): Promise<void> {
    await this.#database.run('job_remove', REMOVE_JOB, [queue, id]);
  }

  /** Removes a queue with all its jobs. */
  async forget(queue: string): Promise<void> {
    await this.#database.run('job_forget', FORGET, [queue]);
  }

  counts(queues: readonly string[]): Promise<{ queue: string; state: string; jobs: number }[]> {
    return this.#database.run('job_counts', COUNTS, [queues]);
  }

  list(queue: string, state: string, offset: number, limit: number): Promise<ListedRow[]> {
    return this.#database.run<ListedRow>('job_list', LIST_JOBS, [queue, state, offset, limit]);
  }

  /** Lets ends that were asked for finish. */
  close(): Promise<void> {
    return this.#ends.close();
  }

  async #endAll(jobs: OwnedJob[]): Promise<boolean[]> {
    const rows = await this.#database.run<TakenRow>('job_done', DONE, columns(jobs));
    const done = new Set(rows.map(nameOf));
    return jobs.map((job) => done.has(nameOf(job)));
  }
}
