/** Outputs of networks that say of every pixel what it belongs to. */
import { z } from 'zod';
import { manifestFields, objectFields, outputName, units } from '../fields.js';

const prototypes = z
  .string()
  .optional()
  .describe('Name of the output with the mask prototypes; output1 when left out, as Ultralytics calls it.');

const instances = { name: outputName, prototypes, units: units.default('pixels'), ...objectFields };

const semanticSchema = z.strictObject({
  format: z.literal('semantic'),
  name: outputName,
  layout: z
    .enum(['nchw', 'nhwc'])
    .optional()
    .describe('Where the classes lie in the output; found by the number of labels when left out.'),
  activation: z
    .enum(['none', 'softmax', 'sigmoid'])
    .default('softmax')
    .describe('What makes the scores of a pixel probabilities: DeepLab and the like give logits.'),
  background: z
    .int()
    .min(0)
    .optional()
    .describe('Index of the label that means "nothing": it is not reported.'),
  threshold: manifestFields.threshold,
});
export type SemanticOutput = z.infer<typeof semanticSchema>;

export const segmentationFormats = [
  semanticSchema,
  z.strictObject({ format: z.literal('yolov8-seg'), ...instances }),
  z.strictObject({ format: z.literal('yolov5-seg'), ...instances }),
] as const;
export type SegmentationOutput = z.infer<(typeof segmentationFormats)[number]>;
export type InstancesOutput = Exclude<SegmentationOutput, SemanticOutput>;
