/** The image of an earlier prediction in the place of an upload: the stored file is used again, not copied. */
import { PREDICTION_ID } from '@scry/shared/contracts/prediction';
import { ImageTooLarge } from '@scry/shared/storage/image-storage';
import { Problem } from '../../http/problems.js';
import type { Needs } from '../../http/route.js';
import type { Substitute } from './upload.js';

/** The field "from" of a request: the id of the prediction whose image is meant. */
export function earlierImage({
  predictions,
  storage,
  config,
}: Needs<'predictions' | 'storage' | 'config'>): Substitute {
  const maxBytes = config.MAX_UPLOAD_BYTES;
  return {
    field: 'from',
    async find(id) {
      if (typeof id !== 'string' || !PREDICTION_ID.test(id)) {
        const message = 'must be the id of a prediction: 8 to 64 letters, digits, "-" or "_"';
        throw new Problem('invalid-request', `from: ${message}.`, { errors: [{ field: 'from', message }] });
      }
      const earlier = await predictions.get(id);
      if (!earlier) {
        const detail = `from: there is no prediction "${id}"; it may have been deleted. Send the image itself.`;
        throw new Problem('prediction-not-found', detail);
      }
      const image = await storage.stored(earlier.image.sha256);
      if (!image) {
        const detail = `from: the image of prediction "${id}" is not kept any more. Send the image itself.`;
        throw new Problem('image-gone', detail);
      }
      if (image.bytes > maxBytes) throw new ImageTooLarge(maxBytes);
      return image;
    },
  };
}
