/** Takes jobs from one model's queue and hands them to the predictor. */

import type { JobConsumer, Subscription } from '@scry/shared/queue/consumer';
import { type PredictionJob, predictionQueue } from '@scry/shared/queue/job';
import type { Predictor } from './predict.js';

/**
 * Starts consuming.
 * @param concurrency jobs taken at once: enough for the batches that run, and the next one being decoded meanwhile
 */
export function consume(
  consumer: JobConsumer,
  model: string,
  predictor: Predictor,
  concurrency: number,
): Subscription {
  return consumer.add<PredictionJob>(predictionQueue(model), {
    concurrency,
    async process({ data, deaths, attempts, attemptsMade }) {
      await predictor.predict(model, data, { deaths, lastTry: attemptsMade + 1 >= attempts });
      return 'done';
    },
  });
}
