/**
 * The producer side of the queue. Jobs of one model that come together are added together. The queue may be unavailable:
 * then `add` says so after a bounded wait, and the row in PostgreSQL is found by job recovery.
 */
import {
  type FoundJob,
  type JobCounts,
  type JobState,
  jobId,
  type ListedJob,
  type PredictionJob,
  predictionJobOptions,
  predictionQueue,
} from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';
import { Batcher } from '@scry/shared/runtime/batcher';
import type { Logger } from '@scry/shared/runtime/log';
import { ThrottledLog } from '@scry/shared/runtime/throttled-log';

/** One batch at a time: while it is on its way the next one gathers. */
const BATCH = { max: 64, delayMs: 0, parallel: 1 } as const;
/** How long a 202 is held back for a queue that does not answer. */
const ADD_PATIENCE_MS = 1000;
const COUNT_PATIENCE_MS = 2000;

/** Resolves like `promise`, or with `otherwise` after `ms`. */
async function within<T, U>(ms: number, promise: Promise<T>, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<U>((resolve) => {
    timer = setTimeout(resolve, ms, otherwise);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

export class Queues {
  readonly #server: JobServer;
  readonly #attempts: number;
  readonly #log: ThrottledLog;
  readonly #adds = new Map<string, Batcher<PredictionJob, boolean>>();

  constructor(server: JobServer, attempts: number, log: Logger) {
    this.#server = server;
    this.#attempts = attempts;
    this.#log = new ThrottledLog(log);
  }

  /** Hands out one job. False when the queue did not take it in time; never throws. */
  add(model: string, job: PredictionJob): Promise<boolean> {
    const known = this.#adds.get(model);
    const adds =
      known ?? new Batcher({ ...BATCH, run: (jobs: PredictionJob[]) => this.#addAll(model, jobs) });
    if (!known) this.#adds.set(model, adds);
    return within(ADD_PATIENCE_MS, adds.add(job), false);
  }

  /** Takes a job back, unless somebody has begun it or the queue is unavailable: whoever takes it then drops it. */
  async remove(model: string, predictionId: string): Promise<void> {
    try {
      const removing = this.#server.remove(predictionQueue(model), jobId(predictionId));
      await within(ADD_PATIENCE_MS, removing, undefined);
    } catch (error) {
      this.#log.warn(
        { error: (error as Error).message },
        'a job cannot be removed; whoever takes it drops it',
      );
    }
  }

  /** How many jobs models' queues hold, by state; null while the queue does not answer. */
  async counts(models: readonly string[]): Promise<JobCounts[] | null> {
    try {
      return await within(COUNT_PATIENCE_MS, this.#server.counts(models.map(predictionQueue)), null);
    } catch (error) {
      this.#log.warn({ error: (error as Error).message }, 'jobs cannot be counted');
      return null;
    }
  }

  /** Jobs of a model in one state, for people to look at. @throws when the queue is unavailable */
  list(model: string, state: JobState, start: number, end: number): Promise<ListedJob[]> {
    return this.#server.list(predictionQueue(model), state, start, end);
  }

  /** One job of a model, by its own id. @throws when the queue is unavailable */
  async find(model: string, id: string): Promise<FoundJob | null> {
    return (await this.#server.find([{ queue: predictionQueue(model), id }]))[0] ?? null;
  }

  /** Resolves when jobs can be added. @throws Error with a sentence when they cannot */
  check(): Promise<void> {
    return this.#server.check();
  }

  /** Lets added jobs go out. The server, which is whoever's opened it, closes the connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#adds.values()].map((adds) => adds.close()));
  }

  async #addAll(model: string, jobs: PredictionJob[]): Promise<boolean[]> {
    try {
      const added = jobs.map((data) => ({ id: jobId(data.id), data }));
      await this.#server.add(predictionQueue(model), added, predictionJobOptions(this.#attempts));
      return jobs.map(() => true);
    } catch (error) {
      this.#log.warn(
        { error: (error as Error).message },
        'jobs cannot be added; their predictions wait for job recovery',
      );
      return jobs.map(() => false);
    }
  }
}
