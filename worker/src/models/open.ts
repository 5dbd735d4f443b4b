/** What loads versions in a worker and checks new ones, put together. */
import path from 'node:path';
import type { Database } from '@scry/shared/database/database';
import { ModelQueueStore } from '@scry/shared/database/model-queues';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { JobConsumer } from '@scry/shared/queue/consumer';
import type { Logger } from '@scry/shared/runtime/log';
import { openBlobs } from '@scry/shared/storage/data-folder';
import type { EngineModules } from '../inference/engines/registry.js';
import type { Quarantine } from '../inference/isolation/quarantine.js';
import type { InferencePool } from '../inference/pool.js';
import { consumeChecks } from '../jobs/check-model/consume.js';
import type { Predictor } from '../jobs/predict/predict.js';
import type { WorkerConfig } from '../worker-config.js';
import { clearConversions, conversionCache } from './conversion/cache.js';
import { JobLimit } from './job-limit.js';
import { ModelFiles } from './model-files.js';
import { ModelLoader } from './model-loader.js';
import { ModelManager } from './model-manager.js';
import { WorkerFolder } from './worker-folder.js';

export interface WorkerModelParts {
  readonly database: Database;
  readonly consumer: JobConsumer;
  readonly store: PredictionStore;
  readonly pool: InferencePool;
  readonly predictor: Predictor;
  readonly quarantine: Quarantine;
  readonly engines?: EngineModules | undefined;
  readonly log: Logger;
}

export interface WorkerModels {
  readonly manager: ModelManager;
  /** Has somebody told when what is served changes. */
  onChange(told: () => void): void;
  /** Removes the files that were laid out here. The manager is closed before. */
  close(): Promise<void>;
}

/** Takes checks from now on; the manager is still to be started. @throws what the disk says */
export async function openModels(config: WorkerConfig, parts: WorkerModelParts): Promise<WorkerModels> {
  const { database, consumer, pool, log, engines = {} } = parts;
  const blobs = openBlobs(config.DATA_DIR);
  const cache = conversionCache(config.DATA_DIR);
  const folder = new WorkerFolder(path.join(config.DATA_DIR, 'worker-files'), config.WORKER_ID, log);
  await folder.open();
  await clearConversions(cache);
  const store = new ModelVersionStore(database);
  const files = new ModelFiles(path.join(folder.path, 'served'), blobs);
  let told = () => {};
  const manager = new ModelManager({
    ...{ store, files, log, pool, consumer },
    queues: new ModelQueueStore(database),
    predictions: parts.store,
    predictor: parts.predictor,
    quarantine: parts.quarantine,
    loader: new ModelLoader({ files, pool, cache, log }),
    threads: config.WORKER_THREADS,
    limit: new JobLimit(config.WORKER_JOBS),
    only: config.WORKER_MODELS,
    idleMs: config.MODEL_IDLE_S * 1000,
    memoryBytes: config.MODEL_MEMORY_BYTES,
    judges: config.DEVICE === 'auto' || config.DEVICE === 'cpu',
    onChange: () => told(),
  });
  consumeChecks(consumer, {
    ...{ store, engines, cache, log },
    files: new ModelFiles(path.join(folder.path, 'checks'), blobs),
    limits: { timeoutMs: config.MODEL_CHECK_TIMEOUT_S * 1000, memoryBytes: config.MODEL_CHECK_MEMORY_BYTES },
  });
  return {
    manager,
    onChange(listener) {
      told = listener;
    },
    close: () => folder.close(),
  };
}
