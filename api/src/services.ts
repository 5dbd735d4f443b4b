/** What the app needs, assembled once and closed once. The app sees this and nothing of how it was made. */
import { AnswerCache } from '@scry/shared/database/answer-cache';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { ChangeListener } from '@scry/shared/database/change-listener';
import { type Database, migrate, openDatabase } from '@scry/shared/database/database';
import { FeedbackStore } from '@scry/shared/database/feedback';
import { Leadership } from '@scry/shared/database/leader-lock';
import { MaintenanceStore } from '@scry/shared/database/maintenance';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { PredictionMinuteStore } from '@scry/shared/database/prediction-minutes';
import { PredictionRetryStore } from '@scry/shared/database/prediction-retries';
import { PredictionStore } from '@scry/shared/database/predictions';
import { RetentionStore } from '@scry/shared/database/retention';
import { StatisticsStore } from '@scry/shared/database/statistics';
import { StoredFileStore } from '@scry/shared/database/stored-files';
import { VersionAnswerStore } from '@scry/shared/database/version-answers';
import { WorkerStore } from '@scry/shared/database/workers';
import { openJobServer } from '@scry/shared/queue/open';
import type { JobServer } from '@scry/shared/queue/server';
import type { Config } from '@scry/shared/runtime/config';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { openBlobs, openFiled, openImages, prepareImages } from '@scry/shared/storage/data-folder';
import type { FiledLinks } from '@scry/shared/storage/filed-links';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { RequestHandler } from 'express';
import { Authenticator } from './auth/authenticator.js';
import { type DatasetServices, openDatasets } from './datasets/open.js';
import { limitCreates } from './http/rate-limit.js';
import { Jobs } from './maintenance/jobs.js';
import { Maintenance } from './maintenance/maintenance.js';
import { maintenanceTasks } from './maintenance/maintenance-tasks.js';
import { StoredFiles } from './maintenance/stored-files.js';
import { type ModelServices, openModels } from './models/open.js';
import { Serving } from './models/serving.js';
import { Metrics } from './operations/metrics.js';
import { ModelFigures } from './operations/model-figures.js';
import { OperationsMonitor } from './operations/operations.js';
import { checkQueue } from './operations/queue-check.js';
import { Readiness } from './operations/readiness.js';
import { Backlog } from './predictions/create/backlog.js';
import { ImageAddresses } from './predictions/create/image-address.js';
import { Queues } from './predictions/create/job-producers.js';
import { Waiters } from './predictions/wait/waiters.js';
import { Renderer } from './rendering/renderer.js';
import { openTrainings, type TrainingServices } from './trainings/open.js';
import { openWebhooks, type Webhooks } from './webhooks/webhooks.js';

export interface Services extends DatasetServices, ModelServices, TrainingServices {
  readonly config: Config;
  readonly log: Logger;
  readonly storage: ImageStorage;
  /** Files that are no images of predictions, by key. */
  readonly blobs: Blobs;
  readonly storedFiles: StoredFiles;
  readonly predictions: PredictionStore;
  readonly retries: PredictionRetryStore;
  /** Null when every image is to be looked at again. */
  readonly answerCache: AnswerCache | null;
  readonly serving: Serving;
  readonly changes: ChangeListener;
  readonly waiters: Waiters;
  readonly queues: Queues;
  readonly renderer: Renderer;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly keys: ApiKeyStore;
  readonly authenticator: Authenticator;
  /** Whether there is room for one more prediction. */
  readonly backlog: Backlog;
  /** Images that are fetched from addresses. */
  readonly imageAddresses: ImageAddresses;
  /** Stands before every route that creates predictions. */
  readonly limitCreates: RequestHandler;
  readonly webhooks: Webhooks;
  readonly feedback: FeedbackStore;
  readonly statistics: StatisticsStore;
  readonly versionAnswers: VersionAnswerStore;
  readonly modelFigures: ModelFigures;
  readonly retention: RetentionStore;
  /** Sums by the minute. */
  readonly minutes: PredictionMinuteStore;
  readonly operations: OperationsMonitor;
}

export interface OpenServices extends Services {
  /** Begins what runs beside the requests: maintenance and webhooks. */
  start(): void;
  /** Closes all connections, after letting what was asked finish. */
  close(): Promise<void>;
}

/** Names the advisory lock under which one API process does the maintenance. */
const MAINTENANCE_LOCK = 7_293_002;

interface Connections {
  readonly database: Database;
  readonly changes: ChangeListener;
  readonly jobServer: JobServer;
}

async function connect(config: Config, log: Logger): Promise<Connections> {
  await migrate(config.DATABASE_URL, log);
  const database = openDatabase(config.DATABASE_URL, { max: config.DATABASE_POOL, name: 'scry-api', log });
  const changes = new ChangeListener(config.DATABASE_URL, log);
  await changes.start();
  const jobServer = await openJobServer(config.QUEUE_URL, config.DATABASE_POOL, log);
  await jobServer.prepare();
  return { database, changes, jobServer };
}

/** What the rest is made from. */
type Foundation = Connections &
  Pick<Services, 'config' | 'log' | 'storage' | 'blobs'> & { readonly filed: FiledLinks };

/** What takes predictions, and tells of their ends. */
function openPredictions({ config, log, storage, database, changes, jobServer }: Foundation) {
  const predictions = new PredictionStore(database);
  const limits = { perModel: config.MAX_UNFINISHED, total: config.MAX_UNFINISHED_TOTAL };
  return {
    predictions,
    queues: new Queues(jobServer, config.ATTEMPTS, log),
    waiters: new Waiters(changes, predictions, config.MAX_WAITING),
    serving: new Serving(new WorkerStore(database)),
    answerCache: config.ANSWER_CACHE ? new AnswerCache(database) : null,
    backlog: new Backlog(() => predictions.countUnfinished(), limits, log),
    limitCreates: limitCreates(config.RATE_LIMIT, { predictions, jobs: jobServer, log }),
    feedback: new FeedbackStore(database),
    retries: new PredictionRetryStore(database),
    imageAddresses: new ImageAddresses(storage, {
      allowed: config.IMAGE_URLS,
      maxBytes: config.MAX_UPLOAD_BYTES,
    }),
  };
}

/** What tells operators how everything does. */
function openOperations(
  { log, storage, database }: Foundation,
  { predictions, queues, waiters, serving, models }: ReturnType<typeof openPredictions> & ModelServices,
) {
  const statistics = new StatisticsStore(database);
  const workers = new WorkerStore(database);
  const operations = new OperationsMonitor(
    statistics,
    () => workers.liveOfAnyRole(),
    () => Object.fromEntries([...models.models.values()].map(({ name, queue }) => [name, queue])),
  );
  const readiness = new Readiness({
    database: () => database.ping(),
    queue: () => checkQueue(queues, serving),
    volume: () => storage.check(),
  });
  const metrics = new Metrics({ predictions, queues, waiters, operations, storage, models, log });
  return {
    ...{ statistics, operations, readiness, metrics },
    versionAnswers: new VersionAnswerStore(database),
    modelFigures: new ModelFigures(statistics),
    minutes: new PredictionMinuteStore(database),
    retention: new RetentionStore(database),
  };
}

function openKeys({ database, log }: Foundation) {
  const keys = new ApiKeyStore(database);
  return { keys, authenticator: new Authenticator(keys, log) };
}

async function assemble(foundation: Foundation): Promise<Services> {
  const { config, log, storage, blobs, filed, database, changes, jobServer } = foundation;
  const predicting = openPredictions(foundation);
  const modelServices = await openModels({
    ...{ config, database, jobServer, blobs, log },
    predictions: predicting.predictions,
  });
  const storedFiles = new StoredFiles({
    ...{ storage, filed, log, models: () => modelServices.models.filed },
    files: new StoredFileStore(database),
  });
  const datasetServices = openDatasets({
    ...{ database, storage, log, maxPixels: config.MAX_PIXELS },
    removeUnneeded: (sha256) => storedFiles.removeUnneeded(sha256),
  });
  const { predictions } = predicting;
  return {
    ...{ config, log, storage, blobs, changes, storedFiles },
    ...predicting,
    ...modelServices,
    ...datasetServices,
    ...(await openTrainings({ ...datasetServices, database, config, blobs, jobs: jobServer, log })),
    ...openOperations(foundation, { ...predicting, ...modelServices }),
    ...openKeys(foundation),
    renderer: new Renderer(storage, { maxPixels: config.MAX_PIXELS, timeoutS: config.DECODE_TIMEOUT_S }),
    webhooks: await openWebhooks(config, database, { predictions, changes, jobs: jobServer, log }),
  };
}

/** The maintenance, which one API process of all does. */
function openMaintenance(services: Services, { database, jobServer }: Connections): Maintenance {
  const { config, log, storage, blobs, storedFiles, predictions, webhooks, datasetStore } = services;
  const maintenance = {
    ...{ config, storage, blobs, storedFiles, predictions, datasetStore, log },
    minutes: services.minutes,
    ...{ versions: services.versions, folders: services.folders },
    versionStore: new ModelVersionStore(database),
    trainings: services.trainingStore,
    maintenance: new MaintenanceStore(database),
    jobs: new Jobs(jobServer, config.ATTEMPTS),
    workers: new WorkerStore(database),
    sweepWebhooks: () => webhooks.deliverer.sweep(),
  };
  const leadership = new Leadership(config.DATABASE_URL, MAINTENANCE_LOCK, log);
  return new Maintenance(leadership, () => maintenanceTasks(maintenance), log);
}

/** Connects, brings the tables up to date, reads the manifests and begins to listen for changes. @throws what is missing */
export async function openServices(config: Config, log: Logger): Promise<OpenServices> {
  const { DATA_DIR, DISK_RESERVE_BYTES, DERIVED_MAX_BYTES } = config;
  await prepareImages(DATA_DIR);
  const storage = openImages(DATA_DIR, {
    reserveBytes: DISK_RESERVE_BYTES,
    derivedMaxBytes: DERIVED_MAX_BYTES,
  });
  const filed = openFiled(DATA_DIR, storage);
  const connections = await connect(config, log);
  const foundation = { ...connections, config, log, storage, filed, blobs: openBlobs(DATA_DIR) };
  const services = await assemble(foundation);
  const maintenance = openMaintenance(services, connections);
  const { webhooks, waiters, queues, renderer, authenticator, predictions, imports, trainings } = services;
  return {
    ...services,
    start() {
      webhooks.deliverer.start();
      maintenance.start();
    },
    async close() {
      waiters.close();
      trainings.close();
      await maintenance.close();
      await imports.close();
      await services.closeModels();
      await webhooks.deliverer.close();
      await services.imageAddresses.close();
      await queues.close();
      await renderer.close();
      await authenticator.close();
      await connections.jobServer.close();
      await predictions.close();
      await connections.changes.close();
      await services.trainingChanges.close();
      await connections.database.close();
    },
  };
}
