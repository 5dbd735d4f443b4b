/** Takes jobs from one model's queue and hands them to the predictor. */

import type { Model } from '@scry/shared/models/model-folders';
import { type PredictionJob, type QueueBackend, queueName } from '@scry/shared/queue/queue';
import type { Worker } from 'bullmq';
import type { Predictor } from './predict.js';

/** A worker that is killed is missed after this long; its jobs go to others. Renewed at half of it. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5000;
/** Jobs may be found stalled as often as they like: what kills processes is found out in quarantine, by image. */
const MAX_STALLED = 1_000_000;

/**
 * Starts consuming.
 * @param concurrency jobs taken at once: enough for the batches that run, and the next one being decoded meanwhile
 */
export function consume(
  backend: QueueBackend,
  model: Model,
  predictor: Predictor,
  concurrency: number,
): Worker<PredictionJob, void> {
  return backend.worker<PredictionJob>(
    queueName(model.name),
    (job) => {
      const lastTry = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      const deaths = job.attemptsStarted - job.attemptsMade - 1;
      return predictor.predict(model.name, job.data, { deaths, lastTry });
    },
    { concurrency, lockDuration: LOCK_MS, stalledInterval: STALLED_CHECK_MS, maxStalledCount: MAX_STALLED },
  );
}
