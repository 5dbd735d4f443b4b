/** What the app needs, assembled once and closed once. The app sees this and nothing of how it was made. */
import type { Config } from '@scry/shared/config';
import type { Logger } from '@scry/shared/log';
import { loadModels, type ModelCatalogue } from '@scry/shared/manifest';
import { openQueueBackend } from '@scry/shared/queue';
import { PictureStorage } from '@scry/shared/storage';
import { ChangeListener } from '@scry/shared/store/changes';
import { migrate, openDatabase } from '@scry/shared/store/database';
import { PredictionStore } from '@scry/shared/store/predictions';
import { WorkerStore } from '@scry/shared/store/workers';
import { Renderer } from './annotate/renderer.js';
import { Metrics } from './metrics.js';
import { Queues } from './queues.js';
import { Readiness } from './readiness.js';
import { Serving } from './serving.js';
import { Waiters } from './waiters.js';

export interface Services {
  readonly config: Config;
  readonly log: Logger;
  readonly models: ModelCatalogue;
  readonly storage: PictureStorage;
  readonly predictions: PredictionStore;
  readonly serving: Serving;
  readonly changes: ChangeListener;
  readonly waiters: Waiters;
  readonly queues: Queues;
  readonly renderer: Renderer;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
}

export interface OpenServices extends Services {
  /** Closes all connections, after letting what was asked finish. */
  close(): Promise<void>;
}

/** Connects, brings the tables up to date, reads the manifests and begins to listen for changes. @throws what is missing */
export async function openServices(config: Config, log: Logger): Promise<OpenServices> {
  const models = await loadModels(config.MODELS_DIR);
  for (const { name, message } of models.problems) log.error({ model: name }, message);
  const storage = new PictureStorage(config.DATA_DIR);
  await storage.prepare();
  await migrate(config.DATABASE_URL, log);
  const database = openDatabase(config.DATABASE_URL, { max: config.DATABASE_POOL, name: 'scry-api', log });
  const predictions = new PredictionStore(database);
  const changes = new ChangeListener(config.DATABASE_URL, log);
  await changes.start();
  const backend = openQueueBackend(config.QUEUE_URL, config.DATABASE_POOL, log);
  await backend.prepare();
  const queues = new Queues(backend, config.ATTEMPTS, log);
  const waiters = new Waiters(changes, predictions);
  return {
    config,
    log,
    models,
    storage,
    predictions,
    serving: new Serving(new WorkerStore(database)),
    changes,
    waiters,
    queues,
    renderer: new Renderer(storage, { maxPixels: config.MAX_PIXELS, timeoutS: config.DECODE_TIMEOUT_S }),
    readiness: new Readiness({
      database: () => database.ping(),
      queue: () => queues.ping(),
      volume: () => storage.check(),
    }),
    metrics: new Metrics({ predictions, queues, waiters, models: [...models.models.keys()], log }),
    async close() {
      waiters.close();
      await queues.close();
      await backend.close();
      await predictions.close();
      await changes.close();
      await database.close();
    },
  };
}
