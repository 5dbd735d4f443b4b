/** What came out of a prediction, in a few words. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { isUnsure } from '../client/models.js';
import { percent, type Texts } from '../texts/index.js';

/** "truck, 97.6%", "Not sure (truck, 34.1%)", "12 objects", "Failed". */
export function outcomeOf(prediction: PredictionView, t: Texts, digits = 1): string {
  const { status, output, model } = prediction;
  if (status !== 'succeeded' || !output) return t.state[status];
  const [best] = output.predictions;
  if (!best) return t.result.nothing;
  if (model.task === 'segmentation') return t.result.areas(output.predictions.length);
  if (best.bbox) return t.result.objects(output.predictions.length);
  const answer = `${best.class_name}, ${percent(best.confidence, digits)}`;
  return isUnsure(prediction) ? `${t.result.unsure} (${answer})` : answer;
}
