/** Ends predictions that wait for a version which will not answer them. */
import { CODES, type Code } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { MaintenanceStore, UnfinishedVersion } from '@scry/shared/database/maintenance';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { Logger } from '@scry/shared/runtime/log';
import type { Jobs } from './jobs.js';

export interface EndWaitingParts {
  readonly maintenance: Pick<MaintenanceStore, 'waitingFor'>;
  readonly predictions: Pick<PredictionStore, 'end'>;
  readonly jobs: Pick<Jobs, 'drop'>;
  readonly log: Logger;
}

/** What is told of the end of a prediction. */
export interface EndReason {
  readonly code: Code;
  readonly sentence: string;
}

export interface EndWaitingOptions {
  /** Only those that were accepted more than so many seconds ago. */
  readonly forS?: number;
  readonly signal?: AbortSignal;
}

const STEP = 200;

export function versionRemoved({ name, version }: UnfinishedVersion): EndReason {
  const sentence = `The version "${versionKey(name, version)}" was removed before it answered. Send the image again, for another version.`;
  return { code: CODES.engineVersionNotSupported, sentence };
}

/** Fails them step by step, and removes their jobs. @throws what the database or the queue says; it may be done again */
export async function endWaiting(
  { maintenance, predictions, jobs, log }: EndWaitingParts,
  version: UnfinishedVersion,
  { code, sentence }: EndReason,
  { forS = 0, signal }: EndWaitingOptions = {},
): Promise<void> {
  for (;;) {
    const ids = await maintenance.waitingFor(version, forS, STEP);
    const ended = await predictions.end(ids, 'failed', code, sentence);
    if (ended.length > 0)
      log.warn({ ...version, ended: ended.length }, 'predictions of a model that is not served were failed');
    await jobs.drop(version, ids);
    if (ids.length < STEP || signal?.aborted) return;
  }
}
