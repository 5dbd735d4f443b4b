/**
 * Takes trainings from their queue, one at a time. Owns the training that runs here. The queue only says that there is
 * something to do: a training whose job was lost is found in its table and gets a new one.
 */
import { hasEnded } from '@scry/shared/contracts/training';
import type { Database } from '@scry/shared/database/database';
import { DatasetItemStore } from '@scry/shared/database/dataset-items';
import { ModelLabelStore } from '@scry/shared/database/model-labels';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { type Training, TrainingStore } from '@scry/shared/database/trainings';
import type { JobConsumer } from '@scry/shared/queue/consumer';
import {
  type JobOutcome,
  type TakenJob,
  TRAINING_JOB_OPTIONS,
  TRAINING_QUEUE,
  type TrainingJob,
  trainingJob,
} from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';
import type { Config } from '@scry/shared/runtime/config';
import { grantedCpus } from '@scry/shared/runtime/cpus';
import type { Logger } from '@scry/shared/runtime/log';
import { openBlobs } from '@scry/shared/storage/data-folder';
import type { MeasuredTraining, TrainingMetrics, TrainingOutcome } from '../../health/training-metrics.js';
import { oneLine } from '../../models/manifest-problem.js';
import { TrainingRun, type TrainingRunParts } from './training-run.js';

export interface TrainingJobsParts {
  readonly config: Config;
  readonly database: Database;
  readonly jobServer: JobServer;
  readonly consumer: JobConsumer;
  readonly log: Logger;
  readonly metrics?: TrainingMetrics | null;
}

const LOOK_EVERY_MS = 5000;
/** How long a job waits whose training somebody may still be working on. */
const ASK_AGAIN_MS = 3000;
/** A training on which so many processes died takes the next one with it, too. */
const MOST_DEATHS = 3;

export class TrainingJobs {
  readonly #parts: TrainingJobsParts;
  readonly #store: TrainingStore;
  readonly #runParts: TrainingRunParts;
  readonly #timer: NodeJS.Timeout;
  #running: TrainingRun | null = null;
  #closing = false;

  constructor(parts: TrainingJobsParts) {
    const { config, database, log } = parts;
    this.#parts = parts;
    this.#store = new TrainingStore(database);
    this.#runParts = {
      store: this.#store,
      items: new DatasetItemStore(database),
      versions: new ModelVersionStore(database),
      labels: new ModelLabelStore(database),
      blobs: openBlobs(config.DATA_DIR),
      dataDir: config.DATA_DIR,
      modelsDir: config.MODELS_DIR,
      threads: config.TRAIN_THREADS ?? grantedCpus(),
      device: config.DEVICE,
      memoryBytes: config.TRAIN_MEMORY_BYTES,
      limits: { maxPixels: config.MAX_PIXELS, timeoutS: config.DECODE_TIMEOUT_S },
      log,
    };
    parts.consumer.add<TrainingJob>(TRAINING_QUEUE, { concurrency: 1, process: (job) => this.#process(job) });
    parts.metrics?.watch(() => this.#running);
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** The training that runs here. */
  get running(): (MeasuredTraining & { readonly id: string }) | null {
    return this.#running;
  }

  /** Leaves what runs to whoever takes it next. Comes before the consumer's own end, which waits for what runs. */
  close(): void {
    this.#closing = true;
    clearInterval(this.#timer);
    this.#running?.release();
  }

  async #process(job: TakenJob<TrainingJob>): Promise<JobOutcome> {
    if (this.#closing) return { putOffMs: ASK_AGAIN_MS };
    const { config, log } = this.#parts;
    const training = await this.#store.claim(job.data.id, config.WORKER_ID);
    if (!training) return this.#taken(job.data.id);
    if (training.deaths >= MOST_DEATHS)
      return this.#giveUp(training, `its worker died ${training.deaths} times`);
    const run = new TrainingRun(this.#runParts, training);
    this.#running = run;
    let outcome: TrainingOutcome = 'interrupted';
    try {
      if (this.#closing) run.release();
      outcome = await run.run();
    } catch (error) {
      log.error({ training: training.id, error: (error as Error).message }, 'a training was interrupted');
      if (job.attemptsMade + 1 >= job.attempts) return this.#giveUp(training, oneLine(error));
      await this.#store.release(training);
      throw error;
    } finally {
      this.#running = null;
      this.#parts.metrics?.ended(training.method, outcome);
    }
    return this.#closing ? { putOffMs: ASK_AGAIN_MS } : 'done';
  }

  async #giveUp(training: Training, why: string): Promise<JobOutcome> {
    const error = `The training was tried again and again and could not be done: ${why}. Where memory is short, a smaller input_size or batch_size helps.`;
    if (!(await this.#store.end(training, { state: 'failed', error }))) return 'done';
    const { blobs } = this.#runParts;
    for await (const { key } of blobs.list(`trainings/${training.id}`)) await blobs.delete(key);
    return 'done';
  }

  /** Somebody works on it, or it has ended. */
  async #taken(id: string): Promise<JobOutcome> {
    const training = await this.#store.get(id);
    return training && !hasEnded(training.state) ? { putOffMs: ASK_AGAIN_MS } : 'done';
  }

  async #look(): Promise<void> {
    try {
      const ids = await this.#store.unattended();
      if (ids.length > 0)
        await this.#parts.jobServer.add(TRAINING_QUEUE, ids.map(trainingJob), TRAINING_JOB_OPTIONS);
    } catch (error) {
      this.#parts.log.warn(
        { error: (error as Error).message },
        'trainings cannot be looked for; trying again',
      );
    }
  }
}
