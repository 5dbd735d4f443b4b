/** Ends predictions whose model no worker has served for long: it was removed, or no worker can load it. */

import { CODES } from '@scry/shared/contracts/prediction';
import type { MaintenanceStore } from '@scry/shared/database/maintenance';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { WorkerStore } from '@scry/shared/database/workers';
import type { Logger } from '@scry/shared/runtime/log';
import { availabilityOf, notServed } from '../models/availability.js';
import type { Jobs } from './jobs.js';

const STEP = 200;

export interface MissingModelParts {
  readonly maintenance: Pick<MaintenanceStore, 'waitingFor'>;
  readonly predictions: Pick<PredictionStore, 'countUnfinished' | 'end'>;
  readonly workers: Pick<WorkerStore, 'live' | 'servedAgo'>;
  readonly jobs: Pick<Jobs, 'drop'>;
  /** How long a model may be missing, seconds. */
  readonly missingS: number;
  readonly log: Logger;
}

/** One look. While no worker lives nothing is ended: then workers are missing, not models. */
export async function endMissingModels(parts: MissingModelParts, signal: AbortSignal): Promise<void> {
  const { predictions, workers, missingS } = parts;
  const unfinished = await predictions.countUnfinished();
  if (unfinished.size === 0) return;
  const live = await workers.live();
  if (live.length === 0) return;
  const servedAgo = await workers.servedAgo();
  for (const model of unfinished.keys()) {
    const agoS = servedAgo.get(model) ?? null;
    const availability = availabilityOf(model, live, agoS);
    const isMissing = availability.state === 'refused' || availability.state === 'absent';
    if (!isMissing || (agoS !== null && agoS < missingS)) continue;
    await endAll(
      parts,
      model,
      `${notServed(model, availability)} Send the image again when it is served.`,
      signal,
    );
  }
}

async function endAll(
  { maintenance, predictions, jobs, missingS, log }: MissingModelParts,
  model: string,
  sentence: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const ids = await maintenance.waitingFor(model, missingS, STEP);
    const ended = await predictions.end(ids, 'failed', CODES.engineNotReady, sentence);
    if (ended.length > 0)
      log.warn({ model, ended: ended.length }, 'predictions of a model that is not served were failed');
    await jobs.drop(model, ids);
    if (ids.length < STEP || signal.aborted) return;
  }
}
