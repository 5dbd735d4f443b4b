/** Outputs of classifiers: one value per label. */
import { z } from 'zod';
import { manifestFields, outputName } from '../fields.js';

const limits = { threshold: manifestFields.threshold, top_k: manifestFields.top_k };

export const classificationFormats = [
  z.strictObject({ format: z.literal('probabilities'), name: outputName, ...limits }),
  z.strictObject({ format: z.literal('logits'), name: outputName, ...limits }),
] as const;
export type ClassificationOutput = z.infer<(typeof classificationFormats)[number]>;
