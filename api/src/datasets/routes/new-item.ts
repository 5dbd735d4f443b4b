/** What a request may say of an image that it adds. */
import { boxesSchema, classNameSchema, type ItemSource, SPLITS } from '@scry/shared/contracts/dataset';
import { plainText } from '@scry/shared/contracts/plain-text';
import { z } from 'zod';
import type { ItemDescription } from '../dataset-service.js';

export const newItemFields = z.strictObject({
  class: classNameSchema.optional(),
  split: z.enum(SPLITS).optional(),
  file_name: plainText(z.string().max(200)).optional(),
  boxes: boxesSchema.optional(),
});

/** What is not said is null. */
export function described(fields: z.infer<typeof newItemFields>, source: ItemSource): ItemDescription {
  return {
    class: fields.class ?? null,
    split: fields.split ?? null,
    source,
    fileName: fields.file_name ?? null,
    boxes: fields.boxes ?? null,
  };
}
