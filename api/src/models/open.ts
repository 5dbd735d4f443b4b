/** What the routes of models need, put together. */
import path from 'node:path';
import { ChangeListener } from '@scry/shared/database/change-listener';
import type { Database } from '@scry/shared/database/database';
import { MaintenanceStore } from '@scry/shared/database/maintenance';
import { MODELS_CHANNEL } from '@scry/shared/database/model-changes';
import { ModelLabelStore } from '@scry/shared/database/model-labels';
import { ModelQueueStore } from '@scry/shared/database/model-queues';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { PredictionStore } from '@scry/shared/database/predictions';
import { CHECK_QUEUE, checkJobId, checkJobOptions } from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';
import type { Config } from '@scry/shared/runtime/config';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { endWaiting, versionRemoved } from '../maintenance/end-waiting.js';
import { Jobs } from '../maintenance/jobs.js';
import { Catalogue } from './catalogue/catalogue.js';
import { CATALOGUE } from './catalogue/entries.js';
import { FolderSource } from './folder-source.js';
import { LabelService } from './label-service.js';
import { ModelRegistry } from './model-registry.js';
import { VersionService } from './version-service.js';

export interface ModelServices {
  /** What can be asked for now. */
  readonly models: ModelRegistry;
  readonly modelQueues: ModelQueueStore;
  readonly versions: VersionService;
  readonly labels: LabelService;
  readonly folders: FolderSource;
  /** What can be pulled. */
  readonly catalogue: Catalogue;
  closeModels(): Promise<void>;
}

export interface ModelParts {
  readonly config: Config;
  readonly database: Database;
  readonly jobServer: JobServer;
  readonly predictions: PredictionStore;
  readonly blobs: Blobs;
  readonly log: Logger;
}

/** Reads the tables of models, and the folders once. @throws what the database says */
export async function openModels({
  config,
  database,
  jobServer,
  predictions,
  blobs,
  log,
}: ModelParts): Promise<ModelServices> {
  const store = new ModelVersionStore(database);
  const listener = new ChangeListener(config.DATABASE_URL, log, MODELS_CHANNEL);
  await listener.start();
  const waiting = {
    ...{ predictions, log },
    maintenance: new MaintenanceStore(database),
    jobs: new Jobs(jobServer, config.ATTEMPTS),
  };
  const labels = new LabelService({ labels: new ModelLabelStore(database), versions: store });
  const versions = new VersionService({
    ...{ store, blobs, log },
    endWaiting: (version) => endWaiting(waiting, version, versionRemoved(version)),
    requestCheck: ({ name, version, id }) =>
      jobServer.add(CHECK_QUEUE, [{ id: checkJobId(name, id), data: { name, version } }], checkJobOptions()),
  });
  const folders = new FolderSource({ directory: config.MODELS_DIR, versions, store, blobs, log });
  const catalogue = new Catalogue({
    ...{ entries: CATALOGUE, versions, labels, blobs, log },
    folder: path.join(config.DATA_DIR, 'pulls'),
    reserveBytes: config.DISK_RESERVE_BYTES,
    allowPrivate: config.WEBHOOK_PRIVATE,
  });
  const modelQueues = new ModelQueueStore(database);
  const models = new ModelRegistry(store, modelQueues, listener, log);
  await folders.scan();
  await models.start();
  return {
    models,
    modelQueues,
    versions,
    labels,
    folders,
    catalogue,
    async closeModels() {
      await catalogue.close();
      models.close();
      await listener.close();
    },
  };
}
