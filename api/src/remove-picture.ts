/** What a removed prediction leaves on the volume, removed too. */
import type { Removed } from '@scry/shared/store/upkeep';
import type { Services } from './services.js';

/** Removes a prediction's link under its class, and its picture when no other prediction uses it. */
export async function removePicture(
  { storage, predictions }: Pick<Services, 'storage' | 'predictions'>,
  { id, model, sha256 }: Removed,
): Promise<void> {
  await storage.unlinkByClass(model, id);
  await storage.removeUnlessUsed(sha256, () => predictions.usesImage(sha256));
}
