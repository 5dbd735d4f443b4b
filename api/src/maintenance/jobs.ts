/**
 * The queue as job recovery sees it: which predictions have a job, and making the missing ones.
 *
 * Whether the queue's server lost everything is told by a marker: one job in a queue of its own, due in a hundred
 * years. Where it is missing, nothing in that queue can be relied on.
 */

import { versionKey } from '@scry/shared/contracts/version';
import type { Unfinished, UnfinishedVersion } from '@scry/shared/database/maintenance';
import { jobId, predictionJobOptions, predictionQueue } from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';

const MARKER_QUEUE = 'scry_marker';
const MARKER = 'was-here'; // not "marker": BullMQ keeps something of its own under that key
const A_HUNDRED_YEARS_MS = 100 * 365 * 24 * 3600 * 1000;

const queueOf = ({ model, version }: Unfinished) => predictionQueue(versionKey(model, version));

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
  readonly #server: JobServer;
  readonly #attempts: number;

  constructor(server: JobServer, attempts: number) {
    this.#server = server;
    this.#attempts = attempts;
  }

  /** Changes when the connection to the queue's server was made again. */
  get reconnects(): number {
    return this.#server.reconnects;
  }

  /** False when the queue has lost its jobs since `mark`, or was never used. @throws when it is unavailable */
  async isMarked(): Promise<boolean> {
    const [marker] = await this.#server.find([{ queue: MARKER_QUEUE, id: MARKER }]);
    return marker !== null && marker !== undefined;
  }

  /** Leaves the marker. */
  async mark(): Promise<void> {
    const options = { attempts: 1, keepFailed: false, delayMs: A_HUNDRED_YEARS_MS };
    await this.#server.add(MARKER_QUEUE, [{ id: MARKER, data: {} }], options);
  }

  /** Looks up the jobs of predictions of any models. @throws when the queue is unavailable */
  async examine(items: readonly Unfinished[]): Promise<Examined> {
    const jobs = await this.#server.find(
      items.map((item) => ({ queue: queueOf(item), id: jobId(item.job.id) })),
    );
    const live: Unfinished[] = [];
    const gone: Unfinished[] = [];
    const failed: { item: Unfinished; reason: string }[] = [];
    for (const [index, item] of items.entries()) {
      const job = jobs[index];
      if (!job) gone.push(item);
      else if (job.failedReason === null) live.push(item);
      else failed.push({ item, reason: job.failedReason });
    }
    return { live, gone, failed };
  }

  /** Makes jobs; one that exists stays as it is. @throws when the queue is unavailable */
  async add(items: readonly Unfinished[]): Promise<void> {
    const options = predictionJobOptions(this.#attempts);
    for (const queue of new Set(items.map(queueOf))) {
      const jobs = items
        .filter((item) => queueOf(item) === queue)
        .map(({ job }) => ({ id: jobId(job.id), data: job }));
      await this.#server.add(queue, jobs, options);
    }
  }

  /** Removes the jobs of predictions that have ended. */
  async drop({ name, version }: UnfinishedVersion, predictionIds: readonly string[]): Promise<void> {
    const queue = predictionQueue(versionKey(name, version));
    await Promise.all(predictionIds.map((id) => this.#server.remove(queue, jobId(id))));
  }
}
