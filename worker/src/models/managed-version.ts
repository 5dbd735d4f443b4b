/**
 * One version in this worker. Owns its state (see model-manager.ts), its subscription to its queue, and the count of the
 * predictions that run. Nothing is unloaded while one runs.
 */

import type { WorkerModel } from '@scry/shared/contracts/model';
import { CODES } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { ModelVersionStore, Version } from '@scry/shared/database/model-versions';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { JobConsumer, Subscription } from '@scry/shared/queue/consumer';
import { type JobOutcome, type PredictionJob, predictionQueue, type TakenJob } from '@scry/shared/queue/job';
import type { Logger } from '@scry/shared/runtime/log';
import type { Quarantine } from '../inference/isolation/quarantine.js';
import type { InferencePool } from '../inference/pool.js';
import type { Predictor } from '../jobs/predict/predict.js';
import type { InMemory } from './eviction.js';
import type { JobLimit } from './job-limit.js';
import type { ModelFiles } from './model-files.js';
import type { LoadedVersion, ModelLoader } from './model-loader.js';

export interface ManagedVersionParts {
  readonly store: ModelVersionStore;
  readonly predictions: Pick<PredictionStore, 'end'>;
  readonly loader: ModelLoader;
  readonly pool: Pick<InferencePool, 'unload'>;
  readonly files: Pick<ModelFiles, 'forget'>;
  readonly quarantine: Pick<Quarantine, 'remove'>;
  readonly predictor: Pick<Predictor, 'add' | 'remove' | 'predict'>;
  readonly consumer: JobConsumer;
  /** Bounds the predictions of all versions that run here. */
  readonly limit: JobLimit;
  readonly threads: number;
  readonly log: Logger;
}

/** A version that could not be loaded is tried again after this long. */
const RETRY_MS = 30_000;
/** A prediction whose version could not be loaded here goes back to its queue for this long: another worker may have it. */
const PUT_OFF_MS = 5000;
/** Jobs taken while it is not known how many one run takes. */
const FIRST_BATCH = 8;

export class ManagedVersion implements InMemory {
  readonly key: string;
  readonly #parts: ManagedVersionParts;
  readonly #loadMe: (version: ManagedVersion) => Promise<void>;
  #row: Version;
  #state: 'known' | 'loading' | 'loaded' | 'unloading' | 'failed' = 'known';
  #loaded: LoadedVersion | null = null;
  #subscription: Subscription | null = null;
  #closing: Promise<void> | null = null;
  #problem: string | null = null;
  #filesMissing = false;
  #failedAt = 0;
  #removing = false;
  #paused = false;
  labelled = false;
  running = 0;
  usedAt = performance.now();

  /** @param loadMe asks for this version to be loaded, for a prediction that waits */
  constructor(row: Version, parts: ManagedVersionParts, loadMe: (version: ManagedVersion) => Promise<void>) {
    this.#row = row;
    this.#parts = parts;
    this.#loadMe = loadMe;
    this.key = versionKey(row.name, row.version);
  }

  get version(): Version {
    return this.#row;
  }

  get pinned(): boolean {
    return this.#row.pinned;
  }

  get removing(): boolean {
    return this.#removing;
  }

  /** Why it could not be loaded; null when it could, or was not tried. */
  get problem(): string | null {
    return this.#problem;
  }

  get inMemory(): boolean {
    return this.#state === 'loaded';
  }

  /** What it takes in all threads, estimated from its files. */
  get bytes(): number {
    return this.#row.bytes * this.#parts.threads;
  }

  get canLoad(): boolean {
    return !this.#removing && (this.#state === 'known' || this.#state === 'failed');
  }

  /** Whether it should be loaded without being asked for. */
  get isDue(): boolean {
    if (this.#state === 'failed') return performance.now() - this.#failedAt > RETRY_MS;
    return this.#state === 'known' && (this.labelled || this.pinned);
  }

  /** What is told of it while predictions of it are taken; null: none are. */
  get served(): WorkerModel | null {
    const { name, version } = this.#row;
    if (!this.#subscription && !this.#paused) return null;
    if (!this.#loaded) return { name, version, loaded: false, device: '', runtime: '', notes: [] };
    const { engine, device, runtime } = this.#loaded.report;
    return { name, version, loaded: true, engine, device, runtime, notes: [...this.#loaded.notes] };
  }

  /** Takes over what its row and labels say now. @param paused whether its predictions are to wait */
  update(row: Version, labelled: boolean, paused: boolean): void {
    this.#row = row;
    this.labelled = labelled;
    this.#paused = paused;
    if (paused) void this.#unsubscribe();
    else this.#subscribe();
  }

  /** Says that it is in the pool already. */
  isLoaded(loaded: LoadedVersion): void {
    this.#loaded = loaded;
    this.#problem = null;
    this.#filesMissing = false;
    this.usedAt = performance.now();
    this.#parts.predictor.add(loaded);
    this.#parts.limit.add(this.#concurrency());
    this.#state = 'loaded';
    this.#subscribe();
  }

  /** Loads it; what goes wrong becomes its problem. */
  async load(atOnce: boolean): Promise<void> {
    this.#state = 'loading';
    const loading = await this.#parts.loader.load(this.#row, atOnce);
    if (loading.ok) {
      this.isLoaded(loading.loaded);
      return;
    }
    this.#failed(loading.problem, loading.filesMissing);
  }

  /** Frees what it takes, unless a prediction of it runs. */
  async unload(): Promise<void> {
    if (this.#state !== 'loaded' || this.running > 0) return;
    await this.#free();
    this.#parts.log.info({ model: this.#row.name, version: this.#row.version }, 'model unloaded');
  }

  /** Takes no more predictions of it, lets those that run end, and forgets it. */
  async remove(): Promise<void> {
    this.#removing = true;
    await this.#unsubscribe();
    if (this.#state === 'loaded') await this.#free();
    await this.#parts.files.forget(this.#row);
  }

  async #free(): Promise<void> {
    const { predictor, pool, quarantine } = this.#parts;
    this.#state = 'unloading';
    this.#loaded = null;
    try {
      await predictor.remove(this.key);
      quarantine.remove(this.key);
      await pool.unload(this.key);
    } finally {
      this.#state = 'known';
    }
  }

  #failed(problem: string, filesMissing: boolean): void {
    const { name, version } = this.#row;
    this.#state = 'failed';
    this.#failedAt = performance.now();
    this.#filesMissing = filesMissing && this.#row.state === 'retired';
    if (problem !== this.#problem)
      this.#parts.log.error({ model: name, version }, `model not served: ${problem}`);
    this.#problem = problem;
    if (!this.#filesMissing) void this.#unsubscribe();
  }

  get #takesPredictions(): boolean {
    return !this.#paused && !this.#removing && (this.#state !== 'failed' || this.#filesMissing);
  }

  #subscribe(): void {
    if (this.#subscription || this.#closing || !this.#takesPredictions) return;
    const room = () => this.#concurrency();
    this.#subscription = this.#parts.consumer.add<PredictionJob>(predictionQueue(this.key), {
      get concurrency() {
        return room();
      },
      places: this.#parts.limit.places,
      process: (job) => this.#process(job),
    });
  }

  async #unsubscribe(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = null;
    if (subscription)
      this.#closing = subscription.close().finally(() => {
        this.#closing = null;
        this.#subscribe(); // where it was to go on before all that ran had ended
      });
    await this.#closing;
  }

  /** As many jobs as the threads' batches hold, and one batch more that is decoded meanwhile. */
  #concurrency(): number {
    if (!this.#loaded) return FIRST_BATCH;
    return this.#loaded.report.batchLimit * (this.#parts.threads + 1);
  }

  async #process({ data, deaths, attempts, attemptsMade }: TakenJob<PredictionJob>): Promise<JobOutcome> {
    this.running++;
    try {
      if (this.#state !== 'loaded') await this.#loadMe(this);
      if (!this.inMemory) return await this.#cannotAnswer(data);
      await this.#parts.predictor.predict(this.key, data, {
        deaths,
        lastTry: attemptsMade + 1 >= attempts,
      });
      return 'done';
    } finally {
      this.running--;
      this.usedAt = performance.now();
    }
  }

  async #cannotAnswer({ id }: PredictionJob): Promise<JobOutcome> {
    if (!this.#filesMissing) return { putOffMs: PUT_OFF_MS };
    const sentence = `The version ${this.key} was retired, and its files are gone. Send the image again, for another version.`;
    await this.#parts.predictions.end([id], 'failed', CODES.engineVersionNotSupported, sentence);
    return 'done';
  }
}
