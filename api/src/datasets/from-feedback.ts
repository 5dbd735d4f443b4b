/** Images whose answers were reported wrong become items, with the label, or the boxes, that would have been right. */
import type { Feedback, FeedbackStore } from '@scry/shared/database/feedback';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import { truthOf } from '../feedback/truth.js';
import type { DatasetService } from './dataset-service.js';

export interface FeedbackParts {
  readonly datasets: DatasetService;
  readonly feedback: FeedbackStore;
  readonly predictions: PredictionStore;
  readonly storage: ImageStorage;
}

export interface FeedbackCounts {
  added: number;
  /** Images that the data set had already: their class is now what was reported. */
  repeated: number;
  /** Images that are no longer kept. */
  skipped: number;
}

const PAGE = 200;

/** @param model only what was said of this model. @throws Problem "dataset-not-found" */
export async function addFromFeedback(
  parts: FeedbackParts,
  datasetId: string,
  model: string | undefined,
): Promise<FeedbackCounts> {
  const counts: FeedbackCounts = { added: 0, repeated: 0, skipped: 0 };
  const seen = new Set<string>();
  let after: { createdAt: string; id: string } | undefined;
  do {
    const page = await parts.feedback.list({ model, after, limit: PAGE });
    for (const said of page.items) {
      const became = await addOne(parts, datasetId, said, seen);
      if (became) counts[became]++;
    }
    after = page.next ?? undefined;
  } while (after);
  return counts;
}

/**
 * @param seen images that were met before: reports come newest first, and the newest one counts
 * @returns what became of it; null where it was dismissed, or a comment alone says nothing of the class
 */
async function addOne(
  { datasets, feedback, predictions, storage }: FeedbackParts,
  datasetId: string,
  said: Feedback,
  seen: Set<string>,
): Promise<keyof FeedbackCounts | null> {
  if (said.state === 'dismissed' || (said.label === null && said.boxes === null)) return null;
  const prediction = await predictions.get(said.predictionId);
  if (!prediction || !(await storage.has(prediction.image.sha256))) return 'skipped';
  const { image } = prediction;
  if (seen.has(image.sha256)) return 'repeated';
  seen.add(image.sha256);
  const truth = truthOf(said, prediction);
  const description = { ...truth, split: null, source: 'feedback', fileName: null } as const;
  const { item, created } = await datasets.addStored(datasetId, image, description);
  if (!created) {
    const fields = { ...(truth.class && { class: truth.class }), ...(truth.boxes && { boxes: truth.boxes }) };
    await datasets.changeItems(datasetId, [item.id], fields);
  }
  await feedback.settle(said.predictionId, 'accepted', datasetId);
  return created ? 'added' : 'repeated';
}
