/** Fields that several tasks share, for requests (always optional) and for manifests (with defaults). */
import { z } from 'zod';

const fraction = z.number().min(0).max(1);

/** A name for each field of a manifest's output that more than one format has. */
export const outputName = z.string().optional().describe('May be left out when the model has one output.');

export const activation = z
  .enum(['none', 'sigmoid', 'softmax'])
  .default('none')
  .describe('What still has to be done to make scores probabilities.');

export const units = z
  .enum(['relative', 'pixels'])
  .describe('Relative to the model input (0 to 1), or in its pixels.');

/** What a request may say, by name. */
export const requestFields = {
  top_k: z.int().min(1).max(1000).optional().describe('Classification: how many classes to return.'),
  threshold: fraction.optional().describe('Leave out answers with a confidence below this.'),
  iou: fraction
    .optional()
    .describe(
      'Detection and instances: overlap above which the weaker of two boxes of one class is dropped.',
    ),
  max_detections: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Detection and instances: how many objects at the most.'),
  all_classes: z.boolean().optional().describe('Classification: return every class, however unlikely.'),
};

/** What a manifest may say of the same, where a request says nothing. */
export const manifestFields = {
  threshold: fraction.optional().describe('Answers less confident are left out.'),
  top_k: z.int().min(1).max(1000).default(5).describe('How many classes are returned.'),
  iou: fraction
    .default(0.45)
    .describe('Of two boxes of one class that overlap by more, the weaker is dropped.'),
  max_detections: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('How many objects are returned at the most.'),
};

/** The fields of every format that finds objects. */
export const objectFields = {
  threshold: manifestFields.threshold,
  iou: manifestFields.iou,
  max_detections: manifestFields.max_detections,
};
