/** Finding the prediction that a path names. */
import { PREDICTION_ID } from '@scry/shared/contracts/prediction';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Request } from 'express';
import { Problem } from '../../http/problems.js';
import type { Needs } from '../../http/route.js';

/** The answer where there is no such prediction. */
export function notFound(id: string): Problem {
  const detail = `There is no prediction "${id.slice(0, 64)}". Check the id; it may also have been deleted.`;
  return new Problem('prediction-not-found', detail);
}

/** The path's id. @throws Problem "prediction-not-found" for ids that could never be */
export function idOf(req: Request): string {
  const id = String(req.params.id);
  if (!PREDICTION_ID.test(id)) throw notFound(id);
  return id;
}

/** @throws Problem "prediction-not-found" */
export async function findPrediction(
  { predictions }: Needs<'predictions'>,
  req: Request,
): Promise<Prediction> {
  const id = idOf(req);
  const prediction = await predictions.get(id);
  if (!prediction) throw notFound(id);
  return prediction;
}
