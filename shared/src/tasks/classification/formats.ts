/** Outputs of classifiers: one value per label. */
import { z } from 'zod';
import { manifestFields, outputName } from '../fields.js';

const limits = {
  threshold: manifestFields.threshold,
  top_k: manifestFields.top_k,
  unsure_below: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Below this confidence of the best class the page says "Not sure" instead of its name. Default: 0.6 with two classes, 0.5 with up to 100, 0.3 with more.',
    ),
};

export const classificationFormats = [
  z.strictObject({ format: z.literal('probabilities'), name: outputName, ...limits }),
  z.strictObject({ format: z.literal('logits'), name: outputName, ...limits }),
] as const;
export type ClassificationOutput = z.infer<(typeof classificationFormats)[number]>;
