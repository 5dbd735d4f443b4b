/** The part of an answer that somebody looks at: from a confidence on, some classes only. */
import type { Output } from '@scry/shared/contracts/prediction';
import { z } from 'zod';

/** Classes in one request; a longer list does not fit into what servers take as an address. */
const MOST_CLASSES = 500;

export const shownSchema = z.object({
  threshold: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Objects of this confidence and above; all when left out.'),
  classes: z
    .string()
    .regex(/^(\d{1,6}(,\d{1,6})*)?$/, 'must be numbers of classes with commas between')
    .transform((text) => new Set(text.split(',').filter(Boolean).map(Number)))
    .refine((classes) => classes.size <= MOST_CLASSES, `must be ${MOST_CLASSES} classes at the most`)
    .optional()
    .describe('Objects of these classes only: values of class_index with commas between.'),
});

/** The answer without the objects that are not shown. Classes without a place in the image are kept. */
export function shownOf(output: Output, { threshold = 0, classes }: z.output<typeof shownSchema>): Output {
  const isShown = ({ bbox, mask, confidence, class_index }: Output['predictions'][number]) =>
    (!bbox && !mask) || (confidence >= threshold && (classes?.has(class_index) ?? true));
  return { ...output, predictions: output.predictions.filter(isShown) };
}
