/** Images of predictions become items, each with the class that somebody gave it. */
import type { Split } from '@scry/shared/contracts/dataset';
import type { PredictionStore } from '@scry/shared/database/predictions';
import { Problem } from '../http/problems.js';
import type { DatasetService } from './dataset-service.js';

export interface LabelledPrediction {
  readonly prediction_id: string;
  readonly class?: string | undefined;
  readonly split?: Split | undefined;
}

export interface AddedPredictions {
  added: number;
  repeated: number;
  skipped: { prediction_id: string; reason: string }[];
}

interface Parts {
  readonly datasets: DatasetService;
  readonly predictions: Pick<PredictionStore, 'get'>;
}

/** @returns whether the data set had the image already. @throws Problem that says why it cannot be added */
async function addOne({ datasets, predictions }: Parts, datasetId: string, one: LabelledPrediction) {
  const prediction = await predictions.get(one.prediction_id);
  if (!prediction) throw new Problem('prediction-not-found', 'There is no such prediction.');
  const { class: label, split } = one;
  const { item, created } = await datasets.addStored(datasetId, prediction.image, {
    ...{ class: label ?? null, split: split ?? null, source: 'prediction', fileName: null },
  });
  if (!created && label !== undefined && item.class !== label)
    await datasets.changeItems(datasetId, [item.id], { class: label });
  return created ? 'added' : 'repeated';
}

/** Adds those that can be, and says why of the others. @throws Problem "dataset-not-found" */
export async function addFromPredictions(
  parts: Parts,
  datasetId: string,
  items: readonly LabelledPrediction[],
): Promise<AddedPredictions> {
  const result: AddedPredictions = { added: 0, repeated: 0, skipped: [] };
  for (const one of items) {
    try {
      result[await addOne(parts, datasetId, one)]++;
    } catch (error) {
      if (!(error instanceof Problem) || error.problem === 'dataset-not-found') throw error;
      result.skipped.push({ prediction_id: one.prediction_id, reason: error.message });
    }
  }
  return result;
}
