/** Queues in a table of PostgreSQL, with one small pool for all of them. */
import { type Database, migrateQueue, openDatabase } from '../database/database.js';
import { type FoundRow, JobStore } from '../database/jobs.js';
import type { Logger } from '../runtime/log.js';
import { ThrottledLog } from '../runtime/throttled-log.js';
import { JobConsumer } from './consumer.js';
import type { FoundJob, JobCounts, JobOptions, JobState, ListedJob, NewJob } from './job.js';
import { PostgresJobSource } from './postgres-source.js';
import type { JobServer } from './server.js';

const NONE: JobCounts = { wait: 0, active: 0, delayed: 0, failed: 0 };
const CHECK_QUEUE = 'scry_check';

function toFound({ data, failed, reason }: Omit<FoundRow, 'queue'>): FoundJob {
  return { data, failedReason: failed ? (reason ?? '') : null };
}

export class PostgresJobServer implements JobServer {
  readonly kind = 'postgres';
  readonly reconnects = 0; // what was committed is there, whatever happened to the connection
  readonly #url: string;
  readonly #log: Logger;
  readonly #database: Database;
  readonly #jobs: JobStore;

  constructor(url: string, poolSize: number, log: Logger) {
    this.#url = url;
    this.#log = log;
    this.#database = openDatabase(url, { max: poolSize, name: 'scry-queue', log });
    this.#jobs = new JobStore(this.#database);
  }

  async add(queue: string, jobs: readonly NewJob[], options: JobOptions): Promise<void> {
    const { attempts, keepFailed, delayMs = 0 } = options;
    if (jobs.length > 0) await this.#jobs.add({ queue, jobs, attempts, keepFailed, delayMs });
  }

  remove(queue: string, id: string): Promise<void> {
    return this.#jobs.remove(queue, id);
  }

  async find(jobs: readonly { readonly queue: string; readonly id: string }[]): Promise<(FoundJob | null)[]> {
    return (await this.#jobs.find(jobs)).map((row) => row && toFound(row));
  }

  async counts(queues: readonly string[]): Promise<JobCounts[]> {
    const counts = new Map(queues.map((queue) => [queue, { ...NONE } as Record<string, number>]));
    for (const { queue, state, jobs } of await this.#jobs.counts(queues)) {
      const of = counts.get(queue);
      if (of) of[state] = jobs;
    }
    return queues.map((queue) => counts.get(queue) as unknown as JobCounts);
  }

  async list(queue: string, state: JobState, start: number, end: number): Promise<ListedJob[]> {
    const rows = await this.#jobs.list(queue, state, start, end - start + 1);
    return rows.map(({ addedAt, id, attemptsMade, ...row }) => ({
      ...toFound({ id, ...row }),
      ...{ id, attemptsMade, addedAt: addedAt.getTime() },
    }));
  }

  forget(queue: string): Promise<void> {
    return this.#jobs.forget(queue);
  }

  consumer(): JobConsumer {
    const log = new ThrottledLog(this.#log);
    return new JobConsumer((events) => new PostgresJobSource(this.#url, this.#jobs, events, log), this.#log);
  }

  async prepare(): Promise<void> {
    await migrateQueue(this.#url, this.#log);
  }

  /** Writes: a standby, or a server whose disk is full, answers reads as ever. */
  async check(): Promise<void> {
    try {
      await this.#jobs.forget(CHECK_QUEUE);
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      throw new Error(`PostgreSQL does not take jobs: ${message || code}`, { cause: error });
    }
  }

  warnings(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    await this.#jobs.close();
    await this.#database.close();
  }
}
