/** Canceling a prediction, for whoever asks: the client, or the connection that it waited on. */
import { versionKey } from '@scry/shared/contracts/version';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Needs } from '../../http/route.js';

/**
 * Ends a prediction unless it has ended. Its job leaves the queue; a worker that has begun it drops it at its next step.
 * @returns it as it is then, or null when there is none
 */
export async function cancel(
  { predictions, queues }: Needs<'predictions' | 'queues'>,
  id: string,
): Promise<Prediction | null> {
  const prediction = await predictions.cancel(id);
  if (prediction?.status === 'canceled')
    await queues.remove(versionKey(prediction.model, prediction.modelVersion), id);
  return prediction;
}
