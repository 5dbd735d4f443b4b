/** What an answer holds, whatever the task: each part that a task does not have is left out. */
import { z } from 'zod';

/** A box relative to the image as a person sees it (after EXIF rotation): centre and size, each 0 to 1. */
export const boxSchema = z
  .object({ cx: z.number(), cy: z.number(), w: z.number(), h: z.number() })
  .meta({ id: 'Box', description: 'Centre and size relative to the image as a person sees it, 0 to 1.' });
export type Box = z.infer<typeof boxSchema>;

/** Pixels of one class or object, on a grid laid over the whole image. */
export const maskSchema = z
  .object({
    size: z.tuple([z.int(), z.int()]).describe('Rows and columns of the grid.'),
    counts: z
      .string()
      .describe('Run lengths as COCO writes them (compressed RLE, column by column); pycocotools reads it.'),
    url: z.string().optional().describe('The mask as a PNG of the size of the image: 255 where it is set.'),
  })
  .meta({ id: 'Mask' });
export type Mask = z.infer<typeof maskSchema>;

/** One class of a classification or segmentation, or one object when it carries a `bbox`. Confidence is 0 to 1. */
export const answerSchema = z
  .object({
    class_index: z.int(),
    class_name: z.string(),
    confidence: z.number(),
    bbox: boxSchema.optional(),
    area: z.number().optional().describe('Share of the image that the mask covers, 0 to 1.'),
    mask: maskSchema.optional(),
  })
  .meta({ id: 'Answer' });
export type Answer = z.infer<typeof answerSchema>;

export const outputSchema = z.object({ predictions: z.array(answerSchema) }).meta({ id: 'Output' });
export type Output = z.infer<typeof outputSchema>;
