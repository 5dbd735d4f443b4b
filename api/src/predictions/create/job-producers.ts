/**
 * The producer side of the queue: one producer per model. Jobs that come together are added together. The queue may
 * be away: then `add` says so after a bounded wait, and the row in PostgreSQL is found by job recovery.
 */

import {
  jobId,
  jobOptions,
  type PredictionJob,
  type QueueBackend,
  queueName,
} from '@scry/shared/queue/queue';
import { Batcher } from '@scry/shared/runtime/batcher';
import type { Logger } from '@scry/shared/runtime/log';

type Producer = ReturnType<QueueBackend['queue']>;

interface Lane {
  readonly queue: Producer;
  readonly adds: Batcher<PredictionJob, boolean>;
}

/** One batch at a time: while it is on its way the next one gathers. */
const BATCH = { max: 64, delayMs: 0, parallel: 1 } as const;
/** How long a 202 is held back for a queue that does not answer. */
const ADD_PATIENCE_MS = 1000;
const COUNT_PATIENCE_MS = 2000;
const WARN_EVERY_MS = 10_000;

const COUNTED = ['wait', 'active', 'delayed', 'failed', 'prioritized'] as const;
export type Depths = Readonly<Record<(typeof COUNTED)[number], number>>;

/** Resolves like `promise`, or with `otherwise` after `ms`. */
async function within<T, U>(ms: number, promise: Promise<T>, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<U>((resolve) => {
    timer = setTimeout(resolve, ms, otherwise);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

export class Queues {
  readonly #backend: QueueBackend;
  readonly #attempts: number;
  readonly #log: Logger;
  readonly #lanes = new Map<string, Lane>();
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(backend: QueueBackend, attempts: number, log: Logger) {
    this.#backend = backend;
    this.#attempts = attempts;
    this.#log = log;
  }

  #lane(model: string): Lane {
    const known = this.#lanes.get(model);
    if (known) return known;
    const queue = this.#backend.queue(queueName(model));
    const adds = new Batcher<PredictionJob, boolean>({ ...BATCH, run: (jobs) => this.#addAll(queue, jobs) });
    const lane = { queue, adds };
    this.#lanes.set(model, lane);
    return lane;
  }

  async #addAll(queue: Producer, jobs: PredictionJob[]): Promise<boolean[]> {
    try {
      const options = jobOptions(this.#attempts);
      const [first, ...others] = jobs.map((data) => ({
        name: 'predict',
        data,
        opts: { ...options, jobId: jobId(data.id) },
      }));
      // One alone goes without a pipeline, whose making costs as much as the job's adding (0.1 ms with ioredis).
      if (first && others.length === 0) await queue.add(first.name, first.data, first.opts);
      else if (first) await queue.addBulk([first, ...others]);
      return jobs.map(() => true);
    } catch (error) {
      this.#warn(error as Error);
      return jobs.map(() => false);
    }
  }

  #warn(error: Error): void {
    if (performance.now() - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = performance.now();
    this.#log.warn({ error: error.message }, 'jobs cannot be added; their predictions wait for job recovery');
  }

  /** A model's queue itself, for whoever shows what lies in it. */
  producer(model: string): Producer {
    return this.#lane(model).queue;
  }

  /** Hands out one job. False when the queue did not take it in time; never throws. */
  add(model: string, job: PredictionJob): Promise<boolean> {
    return within(ADD_PATIENCE_MS, this.#lane(model).adds.add(job), false);
  }

  /** Takes a job back that nobody has begun. False when there was none, or the queue is away. */
  async remove(model: string, predictionId: string): Promise<boolean> {
    try {
      return (await within(ADD_PATIENCE_MS, this.#lane(model).queue.remove(jobId(predictionId)), 0)) === 1;
    } catch (error) {
      this.#warn(error as Error);
      return false;
    }
  }

  /** How many jobs a model's queue holds, by state; null while it does not answer. */
  async depths(model: string): Promise<Depths | null> {
    try {
      const counts = this.#lane(model).queue.getJobCounts(...COUNTED);
      return (await within(COUNT_PATIENCE_MS, counts, null)) as Depths | null;
    } catch (error) {
      this.#warn(error as Error);
      return null;
    }
  }

  /** Resolves when the server answers. @throws what its driver says */
  ping(): Promise<void> {
    return this.#backend.ping();
  }

  /** Lets added jobs go out. The backend, which is whoever's opened it, closes the connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.adds.close()));
  }
}
