/** Outputs of detectors. */
import { z } from 'zod';
import { activation, objectFields, outputName, units } from '../fields.js';

const column = z
  .int()
  .min(0)
  .optional()
  .describe('First column, where one output holds several things side by side.');

const boxesSchema = z.strictObject({
  format: z.literal('boxes'),
  boxes: z.strictObject({
    name: z.string(),
    column,
    type: z.enum(['xyxy', 'yxyx', 'cxcywh']).describe('Two corners, or centre and size.'),
    units,
  }),
  scores: z.strictObject({
    name: z.string(),
    column,
    activation,
    background: z
      .int()
      .min(0)
      .optional()
      .describe('Index of the class that means "nothing", where scores are per class.'),
  }),
  classes: z
    .strictObject({
      name: z.string(),
      column,
      offset: z
        .int()
        .default(0)
        .describe("Subtracted from the model's numbers: 1 where they begin with a background."),
    })
    .optional()
    .describe('Left out where scores are per class.'),
  count: z
    .strictObject({ name: z.string() })
    .optional()
    .describe('How many of the boxes are filled, where the model says so.'),
  nms: z.boolean().default(false).describe('True when suppression is still to be done.'),
  ...objectFields,
});
export type BoxesOutput = z.infer<typeof boxesSchema>;

export const detectionFormats = [
  z.strictObject({
    format: z.literal('yolov8'),
    name: outputName,
    units: units.default('pixels'),
    activation,
    ...objectFields,
  }),
  z.strictObject({
    format: z.literal('yolov5'),
    name: outputName,
    units: units.default('pixels'),
    activation,
    ...objectFields,
  }),
  z.strictObject({
    format: z.literal('yolox'),
    name: outputName,
    strides: z.array(z.int().positive()).default([8, 16, 32]),
    decoded: z
      .boolean()
      .default(false)
      .describe('True when the export already turned grid offsets into pixels.'),
    activation,
    ...objectFields,
  }),
  z.strictObject({ format: z.literal('ssd'), ...objectFields }),
  boxesSchema,
] as const;
export type DetectionOutput = z.infer<(typeof detectionFormats)[number]>;
