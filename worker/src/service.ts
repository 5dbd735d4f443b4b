/**
 * One worker, put together: models loaded first, then the heartbeat, then the queues.
 *
 *     loading ──▶ serving ──▶ stopping (no new jobs; what runs, ends) ──▶ closed
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeListener, STOP_CHANNEL } from '@scry/shared/database/change-listener';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { PredictionStore } from '@scry/shared/database/predictions';
import { BEAT_MS, type WorkerBeat, WorkerStore } from '@scry/shared/database/workers';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { loadModels, type ModelCatalogue, type ModelProblem } from '@scry/shared/models/model-folders';
import { openJobServer } from '@scry/shared/queue/open';
import type { JobServer } from '@scry/shared/queue/server';
import type { Config } from '@scry/shared/runtime/config';
import { grantedCpus } from '@scry/shared/runtime/cpus';
import type { Logger } from '@scry/shared/runtime/log';
import { ImageStorage } from '@scry/shared/storage/image-storage';
import { InferenceHealth } from './health/inference-health.js';
import type { WorkerMetrics } from './health/metrics.js';
import { type ImageLimits, ImageReader } from './imaging/image-reader.js';
import type { EngineModules } from './inference/engines/registry.js';
import { Quarantine } from './inference/isolation/quarantine.js';
import type { LoadedModel } from './inference/model-runner.js';
import { InferencePool, type InferencePoolOptions } from './inference/pool.js';
import { consume } from './jobs/predict/consume.js';
import { Predictor } from './jobs/predict/predict.js';
import { TrainingJobs } from './jobs/train/training-jobs.js';
import { conversionCache } from './models/conversion/convert.js';
import { prepareModels } from './models/conversion/prepare-models.js';

/** How often a worker without models looks for some. */
const LOOK_FOR_MODELS_MS = 2000;

export interface WorkerService {
  /** What this worker serves, and what it could not load. */
  readonly beat: WorkerBeat;
  /** Takes no more jobs, ends those that run, closes everything. */
  stop(): Promise<void>;
  /** When `stop` takes too long: gives back what still runs. */
  abandon(): Promise<void>;
}

interface PreparedModel extends LoadedModel {
  readonly notes: readonly string[];
}

interface Loaded {
  readonly models: readonly LoadedModel[];
  readonly beat: WorkerBeat;
}

/**
 * The models that this worker is to serve. While there is none it waits for one: a worker that ended would be started again
 * and again for nothing.
 */
async function awaitModels(config: Config, log: Logger): Promise<ModelCatalogue> {
  for (let said = ''; ; ) {
    const catalogue = await loadModels(config.MODELS_DIR, config.WORKER_MODELS);
    if (catalogue.models.size > 0) return catalogue;
    const missing = `no model under ${config.MODELS_DIR} can be served; waiting for one`;
    const sentence = [...catalogue.problems.map(({ message }) => message), missing].join('; ');
    if (sentence !== said) log.error(sentence);
    said = sentence;
    await sleep(LOOK_FOR_MODELS_MS);
  }
}

async function load(config: Config, pool: InferencePool, log: Logger): Promise<Loaded> {
  const catalogue = await awaitModels(config, log);
  const models: PreparedModel[] = [];
  const { prepared, problems: refused } = await prepareModels(
    [...catalogue.models.values()],
    conversionCache(config.DATA_DIR),
  );
  const problems: ModelProblem[] = [...catalogue.problems, ...refused];
  for (const report of await pool.start(prepared.map(({ model }) => model))) {
    const found = prepared.find(({ model }) => model.name === report.name);
    if (!found) throw new Error(`a report came for "${report.name}", which was not to be loaded`);
    const { model, notes } = found;
    for (const note of [...notes, ...report.notes]) log.info({ model: report.name }, note);
    if (report.ok) {
      const { engine, device, runtime, batchLimit, loadMs } = report;
      log.info(
        { model: report.name, engine, device, runtime, batchLimit, loadMs: Math.round(loadMs) },
        'model loaded',
      );
      models.push({ model, report, notes });
    } else {
      problems.push({ name: report.name, message: report.problem });
    }
  }
  if (Object.keys(pool.absent).length > 0) log.info(pool.absent, 'devices not available on this machine');
  for (const { name, message } of problems) log.error({ model: name }, `model not served: ${message}`);
  if (models.length === 0)
    throw new Error(`No model under ${config.MODELS_DIR} can be served; see the errors above.`);
  const served = models.map(({ report: { name, version, engine, device, runtime }, notes }) => ({
    name,
    version,
    engine,
    device,
    runtime,
    notes: [...notes],
  }));
  return {
    models,
    beat: {
      id: config.WORKER_ID,
      host: hostname(),
      pid: process.pid,
      models: served,
      problems,
      queueProblem: null,
    },
  };
}

/** Says every few seconds that this worker lives. @returns a function that ends it, with a goodbye */
async function keepBeating(
  workers: WorkerStore,
  beat: () => WorkerBeat,
  log: Logger,
): Promise<() => Promise<void>> {
  await workers.beat(beat());
  const timer = setInterval(() => {
    workers.beat(beat()).catch((error: Error) => log.warn({ error: error.message }, 'heartbeat not written'));
  }, BEAT_MS);
  return async () => {
    clearInterval(timer);
    await workers.remove(beat().id);
  };
}

/** Consumers wait for a queue that is unavailable, so starting does too. */
async function reportWarnings(jobServer: JobServer, log: Logger): Promise<void> {
  try {
    for (const warning of await jobServer.warnings()) log.warn(warning);
  } catch (error) {
    log.warn({ error: (error as Error).message }, 'the queue does not answer; its settings were not checked');
  }
}

interface Connections {
  readonly database: Database;
  readonly jobServer: JobServer;
  readonly stops: ChangeListener;
  readonly storage: ImageStorage;
}

async function connect(config: Config, log: Logger): Promise<Connections> {
  const database = openDatabase(config.DATABASE_URL, { max: config.DATABASE_POOL, name: 'scry-worker', log });
  const jobServer = openJobServer(config.QUEUE_URL, config.DATABASE_POOL, log);
  const stops = new ChangeListener(config.DATABASE_URL, log, STOP_CHANNEL);
  const storage = new ImageStorage(config.DATA_DIR);
  await Promise.all([storage.prepare(), stops.start()]);
  await jobServer.prepare(); // whoever starts first makes the tables that a queue on PostgreSQL needs
  return { database, jobServer, stops, storage };
}

export interface WorkerOptions {
  /** Called once when inference keeps failing: the worker should stop and be started afresh. */
  readonly onUnhealthy: (sentence: string) => void;
  /** Engines that add to or replace the built-in ones. */
  readonly engines?: EngineModules;
  readonly metrics?: WorkerMetrics | null;
}

/** Settings with the number of threads decided. */
export type WorkerConfig = Config & { readonly WORKER_THREADS: number };

function inferenceOptions(config: WorkerConfig, { engines = {} }: WorkerOptions): InferencePoolOptions {
  return {
    threads: config.WORKER_THREADS,
    device: config.DEVICE,
    intraOpThreads: Math.max(1, Math.floor(grantedCpus() / config.WORKER_THREADS)),
    timeoutS: config.INFERENCE_TIMEOUT_S,
    engines,
  };
}

function openPool(config: WorkerConfig, log: Logger, options: WorkerOptions): InferencePool {
  const onThreadLost = (sentence: string, threadsLeft: number) => {
    log.error({ threadsLeft }, sentence);
    if (threadsLeft === 0) options.onUnhealthy('no inference thread is left');
  };
  return new InferencePool({ ...inferenceOptions(config, options), onThreadLost });
}

function openQuarantine(
  config: WorkerConfig,
  limits: ImageLimits,
  log: Logger,
  options: WorkerOptions,
): Quarantine {
  return new Quarantine({
    dataDir: config.DATA_DIR,
    limits,
    inference: { ...inferenceOptions(config, options), threads: 1 },
    log,
    timeoutMs: (config.DECODE_TIMEOUT_S + config.INFERENCE_TIMEOUT_S) * 1000,
  });
}

/**
 * Loads the models and starts to work.
 * @throws Error when no model can be served
 */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  options: WorkerOptions,
): Promise<WorkerService> {
  configureSharp();
  const limits = { maxPixels: config.MAX_PIXELS, timeoutS: config.DECODE_TIMEOUT_S };
  const threads = config.WORKER_THREADS;
  const pool = openPool(config, log, options);
  const { models, beat } = await load(config, pool, log);
  const { database, jobServer, stops, storage } = await connect(config, log);

  const store = new PredictionStore(database);
  const reader = new ImageReader(limits);
  const quarantine = openQuarantine(config, limits, log, options);
  const health = new InferenceHealth(options.onUnhealthy);
  const metrics = options.metrics ?? null;
  const parts = {
    metrics,
    store,
    storage,
    reader,
    pool,
    threads,
    quarantine,
    health,
    worker: config.WORKER_ID,
    log,
  };
  const predictor = new Predictor(parts, models);
  stops.subscribeAll((id) => predictor.drop(id));

  const consumer = jobServer.consumer();
  const training = config.WORKER_ROLES.includes('train')
    ? new TrainingJobs({ config, database, jobServer, consumer, log })
    : null;
  const now = () => ({ ...beat, queueProblem: consumer.problem() });
  const endBeating = await keepBeating(new WorkerStore(database), now, log);
  await reportWarnings(jobServer, log);
  // As many jobs as the threads' batches hold, and one batch more that is decoded meanwhile.
  for (const { model, report } of models)
    consume(consumer, model.name, predictor, report.batchLimit * (threads + 1));

  return {
    beat,
    async stop() {
      training?.close();
      await consumer.close();
      await predictor.close();
      quarantine.close();
      await endBeating();
      await Promise.all([reader.close(), pool.close(), jobServer.close(), stops.close(), store.close()]);
      await database.close();
    },
    async abandon() {
      try {
        await predictor.abandon(); // before others can claim them: a claim that is not released counts as a death
      } finally {
        await consumer.abandon();
      }
    },
  };
}
