/**
 * What happens to one job: claim → decode → batch → infer → write. Owns the predictions that run in this process.
 *
 *     claiming and decoding ──▶ waiting for a batch ──▶ inferring ──▶ written
 *        │            └────────────────┴── dropped (canceled or expired meanwhile)
 *        └─▶ quarantined (somebody died on it before: it runs in a process of its own)
 *
 * Decoding does not wait for the claim to be written: the queue counts starts too, so an image that kills the process
 * in between is noticed all the same.
 *
 * A bad image ends as a result with an error; only faults that can pass are thrown, for the queue to try again.
 */

import { CODES, type PredictionError } from '@scry/shared/contracts/prediction';
import { persist } from '@scry/shared/database/persist';
import type { Finish, PredictionStore } from '@scry/shared/database/predictions';
import type { Model } from '@scry/shared/models/model-folders';
import type { PredictionJob } from '@scry/shared/queue/job';
import type { Logger } from '@scry/shared/runtime/log';
import { BlobMissing } from '@scry/shared/storage/blobs';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { ImageReader, Preparation } from '../../imaging/image-reader.js';
import type { Quarantine } from '../../inference/isolation/quarantine.js';
import {
  BatchFailed,
  type BatchItem,
  type Inferred,
  type LoadedModel,
  ModelRunner,
  type ModelRunnerParts,
  type Running,
} from '../../inference/model-runner.js';
import { type Answered, withoutInference } from './answered.js';

export interface PredictorParts extends ModelRunnerParts {
  readonly store: PredictionStore;
  readonly storage: ImageStorage;
  readonly reader: ImageReader;
  readonly quarantine: Quarantine;
  /** This worker's name, for results. */
  readonly worker: string;
  readonly log: Logger;
}

/** What the queue knows of a job's history. */
export interface Attempt {
  /** Earlier starts that neither ended nor failed: their processes died. */
  readonly deaths: number;
  /** Whether a fault that can pass is final. */
  readonly lastTry: boolean;
}

export class Predictor {
  readonly #parts: PredictorParts;
  readonly #runners = new Map<string, ModelRunner>();
  readonly #running = new Map<string, Running>();
  readonly #stop = new AbortController();

  constructor(parts: PredictorParts) {
    this.#parts = parts;
    parts.metrics?.watch(() => this.#runners.values());
  }

  /** Takes predictions of a version from now on. */
  add(loaded: LoadedModel): void {
    const runner = new ModelRunner(loaded, this.#parts);
    this.#runners.set(runner.key, runner);
  }

  /** Takes no more predictions of a version; resolves when those that wait for a batch have had it. @param key `name@version` */
  async remove(key: string): Promise<void> {
    const runner = this.#runners.get(key);
    this.#runners.delete(key);
    await runner?.close();
  }

  /**
   * Does one job, to the written result.
   * @param key `name@version` of what was promised
   * @throws what went wrong, when the queue should try again
   */
  async predict(key: string, job: PredictionJob, attempt: Attempt): Promise<void> {
    const runner = this.#runners.get(key);
    if (!runner) throw new Error(`the model "${key}" is not loaded in this worker`);
    const running: Running = { job, stopped: false };
    this.#running.set(job.id, running);
    try {
      await this.#claimAndAnswer(runner, running, attempt);
    } finally {
      this.#running.delete(job.id);
    }
  }

  /** Drops a prediction at its next step, if it runs here. */
  drop(id: string): void {
    const running = this.#running.get(id);
    if (running) running.stopped = true;
  }

  /** How many predictions run here. */
  get size(): number {
    return this.#running.size;
  }

  /** Says that nobody died on what still runs, before the process leaves it behind. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await this.#parts.store.release([...this.#running.keys()]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
  }

  async #claimAndAnswer(runner: ModelRunner, running: Running, attempt: Attempt): Promise<void> {
    const { store, quarantine, worker, log, metrics } = this.#parts;
    const { job } = running;
    metrics?.taken(runner, job);
    const arrived = runner.expect();
    try {
      const claiming = persist(() => store.claim(job.id, worker), this.#stop.signal, log);
      const suspicious = attempt.deaths > 0;
      const [claim, prepared] = await Promise.all([claiming, suspicious ? null : this.#prepare(runner, job)]);
      if (!claim.claimed) return metrics?.unanswered(runner, 'dropped');
      const harmless = claim.deaths === 0 ? prepared : null;
      if (!harmless) arrived(); // it takes another way
      const answered = harmless
        ? await this.#answer(runner, running, harmless, arrived)
        : await quarantine.predict(runner.model, job);
      if (answered === 'dropped') metrics?.unanswered(runner, 'dropped');
      else await this.#write(runner, job, answered);
    } catch (error) {
      await this.#failed(runner, job, error as Error, attempt.lastTry);
    } finally {
      arrived();
    }
  }

  #prepare({ report }: ModelRunner, job: PredictionJob): Promise<Preparation> {
    const { reader, storage } = this.#parts;
    return reader.prepare(storage.read(job.sha256), report.input);
  }

  async #answer(
    runner: ModelRunner,
    running: Running,
    prepared: Preparation,
    arrived: () => void,
  ): Promise<Answered | 'dropped'> {
    try {
      return await this.#infer(running, prepared, (item) => {
        const inferred = runner.inBatch(item);
        arrived();
        return inferred;
      });
    } catch (error) {
      if (!(error instanceof BatchFailed)) throw error;
      // The pixels went with the batch, so the image is decoded again.
      return await this.#infer(running, await this.#prepare(runner, running.job), (item) =>
        runner.alone(item),
      );
    }
  }

  async #infer(
    running: Running,
    prepared: Preparation,
    infer: (item: BatchItem) => Promise<Inferred>,
  ): Promise<Answered | 'dropped'> {
    if (running.stopped) return 'dropped';
    const { decodeMs } = prepared;
    if (!prepared.ok) return withoutInference(prepared.error, decodeMs);
    const input = { ...prepared.image, parameters: running.job.parameters };
    const inferred = await infer({ running, input, since: performance.now() });
    return inferred === 'dropped' ? 'dropped' : { ...inferred, decodeMs };
  }

  async #write(runner: ModelRunner, job: PredictionJob, answered: Answered): Promise<void> {
    const { store, worker, log, metrics } = this.#parts;
    const { model, report } = runner;
    const finish: Finish = {
      id: job.id,
      modelVersion: model.version,
      worker,
      engine: report.engine,
      device: report.device,
      ...answered,
    };
    await persist(() => store.finish(finish), this.#stop.signal, log);
    metrics?.answered(runner, answered);
  }

  async #failed(runner: ModelRunner, job: PredictionJob, error: Error, lastTry: boolean): Promise<void> {
    const { store, log, metrics } = this.#parts;
    log.error({ error, prediction: job.id, model: runner.key, lastTry }, 'a prediction failed');
    if (!lastTry) {
      metrics?.unanswered(runner, 'retried');
      await persist(() => store.release([job.id]), this.#stop.signal, log);
      throw error;
    }
    await this.#write(runner, job, withoutInference(lastFailure(runner.model, error)));
  }
}

/** What the client is told when the last try failed; paths of this machine are nobody's business. */
function lastFailure(model: Model, error: NodeJS.ErrnoException): PredictionError {
  const advice = 'Try again later, or tell whoever runs this server.';
  if (error instanceof BlobMissing) {
    const message = 'The image is not stored any more: somebody removed it. Send it again.';
    return { code: CODES.imageNotSaved, message };
  }
  if (error.syscall !== undefined && error.path !== undefined) {
    const message = `The stored image could not be read (${error.code}). ${advice}`;
    return { code: CODES.imageNotSaved, message };
  }
  const message = `The model "${model.name}" could not be run: ${error.message}. ${advice}`;
  return { code: CODES.engineNotReady, message };
}
