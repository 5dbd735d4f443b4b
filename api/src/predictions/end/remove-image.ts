/** What a removed prediction leaves on the volume, removed too. */

import type { Removed } from '@scry/shared/database/maintenance';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { ImageStorage } from '@scry/shared/storage/image-storage';

export interface RemoveImageParts {
  readonly storage: ImageStorage;
  readonly predictions: Pick<PredictionStore, 'usesImage'>;
}

/** Removes a prediction's link under its class, and its image when no other prediction uses it. */
export async function removeImage(
  { storage, predictions }: RemoveImageParts,
  { id, model, sha256 }: Removed,
): Promise<void> {
  await storage.unlinkByClass(model, id);
  await storage.removeUnlessUsed(sha256, () => predictions.usesImage(sha256));
}
