/** Ends predictions whose version was removed, or that no worker has served for long: none can load it. */

import { CODES } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { MaintenanceStore } from '@scry/shared/database/maintenance';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { WorkerStore } from '@scry/shared/database/workers';
import { availabilityOf, notServed } from '../models/availability.js';
import { type EndWaitingParts, endWaiting, versionRemoved } from './end-waiting.js';

export interface MissingModelParts extends EndWaitingParts {
  readonly maintenance: Pick<MaintenanceStore, 'waitingFor' | 'unfinishedVersions'>;
  readonly workers: Pick<WorkerStore, 'live' | 'servedAgo'>;
  readonly versionStore: Pick<ModelVersionStore, 'list'>;
  /** How long a model may be missing, seconds. */
  readonly missingS: number;
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
      await endWaiting(parts, version, versionRemoved(version), { signal });
      continue;
    }
    const agoS = servedAgo.get(key) ?? null;
    const availability = availabilityOf(key, live, agoS);
    const isMissing = availability.state === 'refused' || availability.state === 'absent';
    if (!isMissing || (agoS !== null && agoS < missingS)) continue;
    const sentence = `${notServed(key, availability)} Send the image again when it is served.`;
    await endWaiting(parts, version, { code: CODES.engineNotReady, sentence }, { forS: missingS, signal });
  }
}
