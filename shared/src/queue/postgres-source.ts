/** Jobs from the table of jobs in PostgreSQL: one connection that hears of added jobs, the rest through a small pool. */
import { randomUUID } from 'node:crypto';
import { JobListener } from '../database/job-listener.js';
import type { JobStore } from '../database/jobs.js';
import type { ThrottledLog } from '../runtime/throttled-log.js';
import type { JobEnd, TakenJob } from './job.js';
import { JobLost, type JobSource, LOCK_MS, type SourceEvents, type Want } from './source.js';

/** A look says that there are jobs, not how many: counting a long queue would cost more than taking from it. */
const SOME = 1_000_000_000;

export class PostgresJobSource implements JobSource {
  readonly settlesWithNext = false;
  readonly #jobs: JobStore;
  readonly #listener: JobListener;
  readonly #id = randomUUID();
  #rounds = 0;

  constructor(url: string, jobs: JobStore, events: SourceEvents, log: ThrottledLog) {
    this.#jobs = jobs;
    this.#listener = new JobListener(url, {
      onAdded: events.onAdded,
      onListening: events.onReconnected,
      onError: (error) => log.warn({ error: error.message }, 'not listening for jobs; trying again'),
    });
  }

  /** Every listener hears of every queue; the consumer knows which are its own. */
  subscribe(): void {}

  unsubscribe(): void {}

  async take(wants: readonly Want[], onJob: (job: TakenJob) => void): Promise<void> {
    const token = `${this.#id}:${this.#rounds++}`;
    for (const row of await this.#jobs.take(wants, token, LOCK_MS)) onJob({ ...row, token });
  }

  async settle(job: TakenJob, end: JobEnd): Promise<null> {
    if (!(await this.#write(job, end)))
      throw new JobLost(`the job ${job.id} belongs to somebody else by now`);
    return null;
  }

  renew(jobs: readonly TakenJob[]): Promise<readonly TakenJob[]> {
    return this.#jobs.renew(jobs, LOCK_MS);
  }

  release(jobs: readonly TakenJob[]): Promise<void> {
    return this.#jobs.release(jobs);
  }

  async look(queues: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#listener.look(queues)).map((queue) => [queue, SOME]));
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  #write(job: TakenJob, end: JobEnd): Promise<boolean> {
    switch (end.kind) {
      case 'done':
        return this.#jobs.done(job);
      case 'put-off':
        return this.#jobs.putOff(job, end.ms, null);
      case 'retry':
        return this.#jobs.putOff(job, end.ms, end.reason);
      case 'failed':
        return this.#jobs.fail(job, end.reason);
    }
  }
}
