/** A model's queue as Bull Board shows it, wherever the jobs are. It only shows: every change is refused. */
import { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type { JobCounts, JobState, JobStatus, QueueJob, Status } from '@bull-board/api/dist/types.js';
import type { JobState as HeldState, ListedJob } from '@scry/shared/queue/job';
import type { Queues } from '../predictions/create/job-producers.js';

/** The board's names for the states that there are. */
const STATES = {
  waiting: 'wait',
  active: 'active',
  delayed: 'delayed',
  failed: 'failed',
} as const satisfies Partial<Record<JobStatus, HeldState>>;
type Shown = keyof typeof STATES;
const SHOWN = Object.keys(STATES) as Shown[];

const refuse = (): Promise<never> =>
  Promise.reject(
    new Error('Queues can only be looked at: their jobs are made from the rows of predictions.'),
  );

function toQueueJob(job: ListedJob, state: Shown): QueueJob {
  return {
    opts: {},
    promote: refuse,
    remove: refuse,
    retry: refuse,
    getState: () => Promise.resolve(state as JobState),
    toJSON: () => ({
      id: job.id,
      name: 'predict',
      progress: 0,
      attemptsMade: job.attemptsMade,
      timestamp: job.addedAt,
      failedReason: job.failedReason ?? '',
      stacktrace: job.failedReason === null ? [] : [job.failedReason],
      returnvalue: null,
      opts: {},
      data: job.data,
      parentKey: '',
    }),
  } as QueueJob;
}

export class QueueBoardAdapter extends BaseAdapter {
  readonly #queues: Queues;
  readonly #model: string;

  constructor(queues: Queues, model: string) {
    super('bullmq', { readOnlyMode: true, description: model });
    this.#queues = queues;
    this.#model = model;
  }

  getName(): string {
    return `scry-${this.#model}`;
  }

  async getJobCounts(): Promise<JobCounts> {
    const counts = (await this.#queues.counts([this.#model]))?.[0];
    const shown = SHOWN.map((status) => [status, counts?.[STATES[status]] ?? 0]);
    return Object.fromEntries(shown) as JobCounts;
  }

  async getJobs(statuses: JobStatus[], start = 0, end = 9): Promise<QueueJob[]> {
    const states = SHOWN.filter((status) => statuses.includes(status));
    const jobs = await Promise.all(
      states.map(async (status) =>
        (await this.#queues.list(this.#model, STATES[status], start, end)).map((job) =>
          toQueueJob(job, status),
        ),
      ),
    );
    return jobs.flat().slice(0, end - start + 1);
  }

  async getJob(id: string): Promise<QueueJob | null> {
    const job = await this.#queues.find(this.#model, id);
    if (!job) return null;
    const listed = { ...job, id, addedAt: 0, attemptsMade: 0 };
    return toQueueJob(listed, job.failedReason === null ? 'waiting' : 'failed');
  }

  getStatuses(): Status[] {
    return ['latest', ...SHOWN] as Status[];
  }

  getJobStatuses(): JobStatus[] {
    return [...SHOWN];
  }

  isPaused(): Promise<boolean> {
    return Promise.resolve(false);
  }

  getRedisInfo(): Promise<null> {
    return Promise.resolve(null);
  }

  getJobLogs(): Promise<string[]> {
    return Promise.resolve([]);
  }

  getMetrics() {
    return Promise.resolve({ meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 });
  }

  getJobSchedulers(): Promise<never[]> {
    return Promise.resolve([]);
  }

  getJobSchedulersCount(): Promise<number> {
    return Promise.resolve(0);
  }

  getGlobalConcurrency(): Promise<null> {
    return Promise.resolve(null);
  }

  readonly addJob = refuse;
  readonly clean = refuse;
  readonly pause = refuse;
  readonly resume = refuse;
  readonly empty = refuse;
  readonly obliterate = refuse;
  readonly promoteAll = refuse;
  readonly removeJobScheduler = refuse;
  readonly updateJobScheduler = refuse;
  readonly runJobSchedulerNow = refuse;
  readonly setGlobalConcurrency = refuse;
}
