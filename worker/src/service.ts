/**
 * One worker, put together: what is ready is loaded first, then it says that it lives. Queues are taken from as soon as their
 * versions are known.
 *
 *     loading ──▶ serving ──▶ stopping (no new jobs; what runs, ends) ──▶ closed
 */
import { hostname } from 'node:os';
import { ChangeListener, STOP_CHANNEL } from '@scry/shared/database/change-listener';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { MODELS_CHANNEL } from '@scry/shared/database/model-changes';
import { PredictionStore } from '@scry/shared/database/predictions';
import { type WorkerBeat, WorkerStore } from '@scry/shared/database/workers';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { openJobServer } from '@scry/shared/queue/open';
import type { JobServer } from '@scry/shared/queue/server';
import { grantedCpus } from '@scry/shared/runtime/cpus';
import type { Logger } from '@scry/shared/runtime/log';
import { openImages, prepareImages } from '@scry/shared/storage/data-folder';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import { keepBeating } from './health/heartbeat.js';
import { InferenceHealth } from './health/inference-health.js';
import type { WorkerMetrics } from './health/metrics.js';
import { type ImageLimits, ImageReader } from './imaging/image-reader.js';
import type { EngineModules } from './inference/engines/registry.js';
import { Quarantine } from './inference/isolation/quarantine.js';
import { InferencePool, type InferencePoolOptions } from './inference/pool.js';
import { Predictor } from './jobs/predict/predict.js';
import { TrainingJobs } from './jobs/train/training-jobs.js';
import { openModels } from './models/open.js';
import type { WorkerConfig } from './worker-config.js';

export interface WorkerService {
  /** What this worker serves, and what it could not load. */
  readonly beat: () => WorkerBeat;
  /** Takes no more jobs, ends those that run, closes everything. */
  stop(): Promise<void>;
  /** When `stop` takes too long: gives back what still runs. */
  abandon(): Promise<void>;
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
  readonly modelChanges: ChangeListener;
  readonly storage: ImageStorage;
}

async function connect(config: WorkerConfig, log: Logger): Promise<Connections> {
  const database = openDatabase(config.DATABASE_URL, { max: config.DATABASE_POOL, name: 'scry-worker', log });
  const jobServer = await openJobServer(config.QUEUE_URL, config.DATABASE_POOL, log);
  const stops = new ChangeListener(config.DATABASE_URL, log, STOP_CHANNEL);
  const modelChanges = new ChangeListener(config.DATABASE_URL, log, MODELS_CHANNEL);
  const storage = openImages(config.DATA_DIR);
  await Promise.all([prepareImages(config.DATA_DIR), stops.start(), modelChanges.start()]);
  await jobServer.prepare(); // whoever starts first makes the tables that a queue on PostgreSQL needs
  return { database, jobServer, stops, modelChanges, storage };
}

export interface WorkerOptions {
  /** Called once when inference keeps failing: the worker should stop and be started again. */
  readonly onUnhealthy: (sentence: string) => void;
  /** Engines that add to or replace the built-in ones. */
  readonly engines?: EngineModules;
  readonly metrics?: WorkerMetrics | null;
}

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

/** What answers predictions, once a version is loaded. */
function openPredicting(config: WorkerConfig, log: Logger, options: WorkerOptions, connections: Connections) {
  const limits = { maxPixels: config.MAX_PIXELS, timeoutS: config.DECODE_TIMEOUT_S };
  const { storage, database, stops } = connections;
  const pool = openPool(config, log, options);
  const store = new PredictionStore(database);
  const reader = new ImageReader(limits);
  const quarantine = openQuarantine(config, limits, log, options);
  const health = new InferenceHealth(options.onUnhealthy);
  const threads = config.WORKER_THREADS;
  const predictor = new Predictor({
    ...{ store, storage, reader, pool, threads, quarantine, health, log },
    metrics: options.metrics ?? null,
    worker: config.WORKER_ID,
  });
  stops.subscribeAll((id) => predictor.drop(id));
  return { pool, store, reader, quarantine, predictor };
}

/**
 * Starts to work: ready once a first version is loaded, or can be when it is asked for.
 * @throws what the database, the queue or the disk say
 */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  options: WorkerOptions,
): Promise<WorkerService> {
  configureSharp();
  const connections = await connect(config, log);
  const { database, jobServer, stops, modelChanges } = connections;
  const predicting = openPredicting(config, log, options, connections);
  const { pool, store, reader, quarantine, predictor } = predicting;
  const consumer = jobServer.consumer();
  const training = config.WORKER_ROLES.includes('train')
    ? new TrainingJobs({
        config,
        database,
        jobServer,
        consumer,
        log,
        metrics: options.metrics?.trainings ?? null,
      })
    : null;
  const models = await openModels(config, {
    ...predicting,
    database,
    consumer,
    engines: options.engines,
    log,
  });
  modelChanges.subscribeAll(() => models.manager.poke());
  await models.manager.start();
  if (Object.keys(pool.absent).length > 0) log.info(pool.absent, 'devices not available on this machine');

  const beat = (): WorkerBeat => ({
    ...{ id: config.WORKER_ID, host: hostname(), pid: process.pid, roles: config.WORKER_ROLES },
    training: training?.running?.id ?? null,
    ...{ models: models.manager.served, problems: models.manager.problems },
    queueProblem: consumer.problem(),
  });
  const beating = await keepBeating(new WorkerStore(database), beat, log);
  models.onChange(beating.now);
  await reportWarnings(jobServer, log);

  return {
    beat,
    async stop() {
      training?.close();
      await models.manager.close();
      await consumer.close();
      await predictor.close();
      quarantine.close();
      await beating.end();
      await Promise.all([reader.close(), pool.close(), jobServer.close()]);
      await Promise.all([stops.close(), modelChanges.close(), store.close(), models.close()]);
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
