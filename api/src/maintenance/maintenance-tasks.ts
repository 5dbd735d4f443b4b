/** What the maintenance does, and how often. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CODES } from '@scry/shared/contracts/prediction';
import type { DatasetStore } from '@scry/shared/database/datasets';
import type { MaintenanceStore } from '@scry/shared/database/maintenance';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { PredictionMinuteStore } from '@scry/shared/database/prediction-minutes';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { TrainingStore } from '@scry/shared/database/trainings';
import type { WorkerStore } from '@scry/shared/database/workers';
import type { Config } from '@scry/shared/runtime/config';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { FolderSource } from '../models/folder-source.js';
import type { VersionService } from '../models/version-service.js';
import { JobRecovery } from './job-recovery.js';
import type { Jobs } from './jobs.js';
import type { MaintenanceTask } from './maintenance.js';
import { endMissingModels } from './missing-models.js';
import { ORPHAN_AFTER_MS, type StoredFiles } from './stored-files.js';
import { removeTrainingFiles } from './training-files.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** Folders that images lie in, by the first two digits of their names. */
const SHARDS = 256;

/** Longer than reading any zip takes. */
const ZIP_AFTER_MS = DAY;
/** An import writes how far it is every second, and after every image. */
const IMPORT_SILENT_S = 120;

/** Small steps with pauses: other statements wait for none of them, and a backlog of a million is gone in an hour. */
const STEP = 200;
const STEP_PAUSE_MS = 500;

export interface MaintenanceTaskParts {
  readonly config: Pick<Config, 'STALE_AFTER_S' | 'RETENTION_DAYS' | 'DERIVED_DAYS' | 'MODEL_MISSING_S'>;
  readonly maintenance: MaintenanceStore;
  readonly predictions: PredictionStore;
  readonly storage: ImageStorage;
  readonly blobs: Blobs;
  readonly storedFiles: StoredFiles;
  readonly jobs: Jobs;
  readonly workers: WorkerStore;
  readonly minutes: Pick<PredictionMinuteStore, 'sumUp' | 'sample'>;
  /** Makes jobs for webhook deliveries that are late. */
  readonly sweepWebhooks: () => Promise<unknown>;
  readonly datasetStore: DatasetStore;
  readonly trainings: TrainingStore;
  readonly versionStore: Pick<ModelVersionStore, 'list'>;
  readonly versions: Pick<VersionService, 'requestChecks' | 'removeUnusedFiles'>;
  readonly folders: Pick<FolderSource, 'scan'>;
  readonly log: Logger;
}

async function expire(
  { maintenance, predictions }: MaintenanceTaskParts,
  signal: AbortSignal,
): Promise<void> {
  const sentence =
    'The prediction was not done before its deadline. Send it again with a longer one, or without.';
  for (;;) {
    const ids = await maintenance.expired(STEP);
    await predictions.end(ids, 'expired', CODES.general, sentence);
    if (ids.length < STEP || signal.aborted) return;
  }
}

async function removeOld(parts: MaintenanceTaskParts, signal: AbortSignal): Promise<void> {
  const { config, maintenance, log } = parts;
  let removed = 0;
  for (;;) {
    const count = await maintenance.removeOld(config.RETENTION_DAYS, STEP);
    removed += count;
    if (count < STEP || signal.aborted) break;
    await sleep(STEP_PAUSE_MS);
  }
  if (removed > 0) log.info({ removed, days: config.RETENTION_DAYS }, 'old predictions were removed');
}

/** Goes through the shards' names, beginning anywhere. */
function shards(): () => string {
  let shard = Math.floor(Math.random() * SHARDS);
  return () => {
    shard = (shard + 1) % SHARDS;
    return shard.toString(16).padStart(2, '0');
  };
}

/** Removes what was made from images too long ago, one shard at a time. */
function oldDerivedFiles({ config, storage }: MaintenanceTaskParts): () => Promise<void> {
  const next = shards();
  return async () => void (await storage.derived.removeOld(next(), config.DERIVED_DAYS * DAY));
}

/** Zips that nobody reads any more: a process that reads one says so in the row of its import. */
async function removeZips(blobs: Blobs): Promise<number> {
  let removed = 0;
  for await (const { key, modifiedAt } of blobs.list('incoming-zips')) {
    if (Date.now() - modifiedAt.getTime() > ZIP_AFTER_MS && (await blobs.delete(key))) removed++;
  }
  return removed;
}

/** Behind a long stop of all API processes there are hours to sum up: in small steps, as ever. */
async function sumUp({ minutes }: MaintenanceTaskParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await minutes.sumUp()));
  await minutes.sample();
}

async function failAbandonedImports({ datasetStore, log }: MaintenanceTaskParts): Promise<void> {
  const failed = await datasetStore.failAbandonedImports(IMPORT_SILENT_S);
  if (failed > 0) log.warn({ imports: failed }, 'imports whose process ended were failed');
}

async function removeOrphans(parts: MaintenanceTaskParts): Promise<void> {
  const { storage, blobs, log } = parts;
  const removed =
    (await removeTrainingFiles(parts, ORPHAN_AFTER_MS)) +
    (await storage.removeOrphans(ORPHAN_AFTER_MS)) +
    (await blobs.recover(ORPHAN_AFTER_MS, ORPHAN_AFTER_MS)) +
    (await removeZips(blobs));
  if (removed > 0) log.info({ removed }, 'files of processes that died were removed');
}

/** All tasks of the maintenance; `RETENTION_DAYS=0` keeps everything. */
export function maintenanceTasks(parts: MaintenanceTaskParts): readonly MaintenanceTask[] {
  const jobRecovery = new JobRecovery({ ...parts, staleAfterS: parts.config.STALE_AFTER_S });
  const all: MaintenanceTask[] = [
    { name: 'job recovery', everyMs: SECOND, run: (signal) => jobRecovery.run(signal) },
    { name: 'expire', everyMs: SECOND, run: (signal) => expire(parts, signal) },
    {
      name: 'missing models',
      everyMs: 15 * SECOND,
      run: (signal) => endMissingModels({ ...parts, missingS: parts.config.MODEL_MISSING_S }, signal),
    },
    { name: 'webhooks', everyMs: 5 * SECOND, run: async () => void (await parts.sweepWebhooks()) },
    { name: 'temporary files', everyMs: 10 * MINUTE, run: () => removeOrphans(parts) },
    { name: 'model folders', everyMs: 2 * SECOND, run: () => parts.folders.scan() },
    { name: 'checks of models', everyMs: 30 * SECOND, run: () => parts.versions.requestChecks() },
    { name: 'files of models', everyMs: DAY, run: () => parts.versions.removeUnusedFiles(ORPHAN_AFTER_MS) },
    { name: 'imports', everyMs: 10 * SECOND, run: () => failAbandonedImports(parts) },
    { name: 'sums of minutes', everyMs: 15 * SECOND, run: (signal) => sumUp(parts, signal) },
    { name: 'stored files', everyMs: SECOND, run: (signal) => parts.storedFiles.run(signal) },
    { name: 'files without a row', everyMs: DAY / SHARDS, run: () => parts.storedFiles.sweep() },
    { name: 'old derived files', everyMs: DAY / SHARDS, run: oldDerivedFiles(parts) },
  ];
  if (parts.config.RETENTION_DAYS > 0) {
    all.push({ name: 'retention', everyMs: MINUTE, run: (signal) => removeOld(parts, signal) });
  }
  return all;
}
