/** What a removed prediction leaves on the volume, removed too. */

import type { Removed } from '@scry/shared/database/maintenance';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { PictureStorage } from '@scry/shared/storage/image-storage';

export interface RemovePictureParts {
  readonly storage: PictureStorage;
  readonly predictions: Pick<PredictionStore, 'usesImage'>;
}

/** Removes a prediction's link under its class, and its picture when no other prediction uses it. */
export async function removePicture(
  { storage, predictions }: RemovePictureParts,
  { id, model, sha256 }: Removed,
): Promise<void> {
  await storage.unlinkByClass(model, id);
  await storage.removeUnlessUsed(sha256, () => predictions.usesImage(sha256));
}
