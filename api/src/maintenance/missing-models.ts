/** Ends predictions whose version was removed, or that no worker has served for long: none can load it. */

import { CODES, type Code } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { MaintenanceStore, UnfinishedVersion } from '@scry/shared/database/maintenance';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { WorkerStore } from '@scry/shared/database/workers';
import type { Logger } from '@scry/shared/runtime/log';
import { availabilityOf, notServed } from '../models/availability.js';
import type { Jobs } from './jobs.js';

const STEP = 200;

export interface MissingModelParts {
  readonly maintenance: Pick<MaintenanceStore, 'waitingFor' | 'unfinishedVersions'>;
  readonly predictions: Pick<PredictionStore, 'end'>;
  readonly workers: Pick<WorkerStore, 'live' | 'servedAgo'>;
  readonly jobs: Pick<Jobs, 'drop'>;
  readonly versionStore: Pick<ModelVersionStore, 'list'>;
  /** How long a model may be missing, seconds. */
  readonly missingS: number;
  readonly log: Logger;
}

/** One look. While no worker lives nothing is ended: then workers are missing, not models. */
export async function endMissingModels(parts: MissingModelParts, signal: AbortSignal): Promise<void> {
  const { maintenance, workers, missingS } = parts;
  const unfinished = await maintenance.unfinishedVersions();
  if (unfinished.length === 0) return;
  const live = await workers.live();
  if (live.length === 0) return;
  const servedAgo = await workers.servedAgo();
  const known = new Set(
    (await parts.versionStore.list({ states: ['checking', 'ready', 'retired'] })).map((one) =>
      versionKey(one.name, one.version),
    ),
  );
  for (const version of unfinished) {
    const key = versionKey(version.name, version.version);
    if (!known.has(key)) {
      const sentence = `The version "${key}" was removed before it answered. Send the image again, for another version.`;
      const reason = { code: CODES.engineVersionNotSupported, sentence };
      await endAll({ ...parts, missingS: 0 }, version, reason, signal);
      continue;
    }
    const agoS = servedAgo.get(key) ?? null;
    const availability = availabilityOf(key, live, agoS);
    const isMissing = availability.state === 'refused' || availability.state === 'absent';
    if (!isMissing || (agoS !== null && agoS < missingS)) continue;
    const sentence = `${notServed(key, availability)} Send the image again when it is served.`;
    await endAll(parts, version, { code: CODES.engineNotReady, sentence }, signal);
  }
}

async function endAll(
  { maintenance, predictions, jobs, missingS, log }: MissingModelParts,
  version: UnfinishedVersion,
  { code, sentence }: { readonly code: Code; readonly sentence: string },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const ids = await maintenance.waitingFor(version, missingS, STEP);
    const ended = await predictions.end(ids, 'failed', code, sentence);
    if (ended.length > 0)
      log.warn({ ...version, ended: ended.length }, 'predictions of a model that is not served were failed');
    await jobs.drop(version, ids);
    if (ids.length < STEP || signal.aborted) return;
  }
}
