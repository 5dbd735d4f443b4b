/**
 * One version's way to the inference threads. Owns its batcher, and the count of jobs that are on their way to it: as
 * long as there are some, waiting for company can pay; when there are none, a batch goes out as it is.
 */

import type { Outcome } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { Model } from '@scry/shared/models/model-folders';
import type { PredictionJob } from '@scry/shared/queue/job';
import { Batcher } from '@scry/shared/runtime/batcher';
import type { InferenceHealth } from '../health/inference-health.js';
import type { WorkerMetrics } from '../health/metrics.js';
import type { Answered } from '../jobs/predict/answered.js';
import type { InferenceItem, InferencePool, LoadedReport } from './pool.js';

/** A model as its manifest describes it, and as the engine loaded it. */
export interface LoadedModel {
  readonly model: Model;
  readonly report: LoadedReport;
}

/** A prediction that runs here. */
export interface Running {
  readonly job: PredictionJob;
  /** Canceled or expired: not worth another step. */
  stopped: boolean;
}

export interface BatchItem {
  readonly running: Running;
  readonly input: InferenceItem;
  /** When it was ready, by performance.now(). */
  readonly since: number;
}

export type Inferred = Omit<Answered, 'decodeMs'> | 'dropped';

/** A batch failed, and one of its images may be the reason: each is worth a try on its own. */
export class BatchFailed extends Error {}

export interface ModelRunnerParts {
  readonly pool: InferencePool;
  readonly health: InferenceHealth;
  /** Null where nobody asks for them. */
  readonly metrics: WorkerMetrics | null;
  /** Batches that run at the same time. */
  readonly threads: number;
}

export class ModelRunner {
  readonly model: Model;
  readonly report: LoadedReport;
  /** `name@version`. */
  readonly key: string;
  readonly #pool: InferencePool;
  readonly #health: InferenceHealth;
  readonly #metrics: WorkerMetrics | null;
  readonly #batcher: Batcher<BatchItem, Inferred>;
  #coming = 0;

  constructor({ model, report }: LoadedModel, { pool, health, metrics, threads }: ModelRunnerParts) {
    this.model = model;
    this.report = report;
    this.key = versionKey(model.name, model.version);
    this.#pool = pool;
    this.#health = health;
    this.#metrics = metrics;
    this.#batcher = new Batcher<BatchItem, Inferred>({
      max: report.batchLimit,
      delayMs: model.batch.delay_ms,
      parallel: threads,
      moreExpected: () => this.#coming > 0,
      run: (items) => this.#run(items),
    });
  }

  /** Jobs on their way to it: being decoded. */
  get coming(): number {
    return this.#coming;
  }

  /** Images that wait for a batch. */
  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** Says that a job is on its way. @returns a function that says, once, that it came or went elsewhere */
  expect(): () => void {
    this.#coming++;
    let expected = true;
    return () => {
      if (!expected) return;
      expected = false;
      this.#coming--;
      this.#batcher.poke();
    };
  }

  /** @throws BatchFailed when others were in the batch that failed, or what the pool threw */
  inBatch(item: BatchItem): Promise<Inferred> {
    return this.#batcher.add(item);
  }

  /** @throws what the pool threw */
  async alone(item: BatchItem): Promise<Inferred> {
    const [inferred] = await this.#run([item]);
    return inferred ?? 'dropped';
  }

  close(): Promise<void> {
    return this.#batcher.close();
  }

  async #run(items: BatchItem[]): Promise<Inferred[]> {
    const started = performance.now();
    const live = items.filter((item) => !item.running.stopped);
    if (live.length === 0) return items.map(() => 'dropped');
    try {
      const inputs = live.map((item) => item.input);
      const { outcomes, inferenceMs } = await this.#pool.run(this.key, inputs);
      this.#health.succeeded();
      this.#metrics?.ran(this, live.length, inferenceMs);
      const answers = new Map(live.map((item, index) => [item, outcomes[index] as Outcome]));
      return items.map((item) => {
        const outcome = answers.get(item);
        if (!outcome) return 'dropped';
        return { outcome, batchMs: started - item.since, inferenceMs, batchSize: live.length };
      });
    } catch (error) {
      if (live.length > 1) throw new BatchFailed((error as Error).message, { cause: error });
      this.#health.failed(error as Error);
      throw error;
    }
  }
}
