/**
 * The queue as job recovery sees it: which predictions have a job, and making the missing ones.
 *
 * Whether the queue's server lost everything is told by a marker: one job in a queue of its own, due in a hundred
 * years. Where it is missing, nothing in that queue can be relied on.
 */

import type { Unfinished } from '@scry/shared/database/maintenance';
import { type JobState, jobId, jobOptions, type QueueBackend, queueName } from '@scry/shared/queue/queue';

const MARKER_QUEUE = 'scry_marker';
const MARKER = 'was-here'; // not "marker": BullMQ keeps something of its own under that key
const A_HUNDRED_YEARS_MS = 100 * 365 * 24 * 3600 * 1000;

type Producer = ReturnType<QueueBackend['queue']>;

/** What became of the predictions that were looked at. */
export interface Examined {
  /** Had a job. */
  readonly live: readonly Unfinished[];
  /** Have none. */
  readonly gone: readonly Unfinished[];
  /** Have one that will not be tried again; with the reason that the queue keeps. */
  readonly failed: readonly { readonly item: Unfinished; readonly reason: string }[];
}

export class Jobs {
  readonly #backend: QueueBackend;
  readonly #attempts: number;
  readonly #queues = new Map<string, Producer>();

  constructor(backend: QueueBackend, attempts: number) {
    this.#backend = backend;
    this.#attempts = attempts;
  }

  /** Changes when the connection to the queue's server was made anew. */
  get reconnects(): number {
    return this.#backend.reconnects;
  }

  /** False when the queue has lost its jobs since `mark`, or was never used. @throws when it is away */
  async isMarked(): Promise<boolean> {
    const state: JobState = await this.#queue(MARKER_QUEUE).getJobState(MARKER);
    return state === 'delayed';
  }

  /** Leaves the marker. */
  async mark(): Promise<void> {
    const options = { jobId: MARKER, delay: A_HUNDRED_YEARS_MS };
    await this.#queue(MARKER_QUEUE).add(MARKER, {}, options);
  }

  /**
   * Looks up the jobs of predictions of any models. A job is read by its id: asking for its state instead would search
   * the list of waiting jobs, and with 100,000 of them that takes Redis a millisecond each.
   * @throws when the queue is away
   */
  async examine(items: readonly Unfinished[]): Promise<Examined> {
    const jobs = await Promise.all(
      items.map(({ model, job }) => this.#queue(queueName(model)).getJob(jobId(job.id))),
    );
    const live: Unfinished[] = [];
    const gone: Unfinished[] = [];
    const failed: { item: Unfinished; reason: string }[] = [];
    for (const [index, item] of items.entries()) {
      const job = jobs[index];
      if (job && !job.finishedOn) live.push(item);
      else if (job?.failedReason) failed.push({ item, reason: job.failedReason });
      else gone.push(item);
    }
    return { live, gone, failed };
  }

  /** Makes jobs; one that exists stays as it is. @throws when the queue is away */
  async add(items: readonly Unfinished[]): Promise<void> {
    const options = jobOptions(this.#attempts);
    for (const name of new Set(items.map(({ model }) => model))) {
      const jobs = items
        .filter(({ model }) => model === name)
        .map(({ job }) => ({ name: 'predict', data: job, opts: { ...options, jobId: jobId(job.id) } }));
      await this.#queue(queueName(name)).addBulk(jobs);
    }
  }

  /** Removes the job of a prediction that has ended. */
  async remove({ model, job }: Unfinished): Promise<void> {
    await this.#queue(queueName(model)).remove(jobId(job.id));
  }

  #queue(name: string): Producer {
    const queue = this.#queues.get(name) ?? this.#backend.queue(name);
    this.#queues.set(name, queue);
    return queue;
  }
}
