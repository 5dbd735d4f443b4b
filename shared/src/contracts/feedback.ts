/**
 * What people say of answers: that one was wrong and what would have been right, and of single boxes whether they are right.
 *
 *     open ⇄ accepted (its image is in a data set, with what is right)
 *       ⇅
 *     dismissed
 */
import { z } from 'zod';
import { plainLines, plainText } from './plain-text.js';

const labelSchema = plainText(z.string().trim().min(1).max(200));

/** Says of one box of an answer whether it is right. */
export const boxFeedbackSchema = z
  .strictObject({
    index: z.int().min(0).max(9999).describe('Its place in `output.predictions`, from 0.'),
    correct: z.boolean(),
    label: labelSchema
      .optional()
      .describe(
        'What the object is, where the box is right and its class is not; left out: there is no such object.',
      ),
  })
  .refine(({ correct, label }) => !(correct && label !== undefined), {
    message: 'a correct box has its class already: leave "label" out',
  })
  .meta({ id: 'BoxFeedback' });
export type BoxFeedback = z.infer<typeof boxFeedbackSchema>;

const isEachOnce = (boxes: readonly BoxFeedback[]) =>
  new Set(boxes.map(({ index }) => index)).size === boxes.length;

export const feedbackSchema = z
  .strictObject({
    label: labelSchema.optional().describe('What would have been right.'),
    comment: plainLines(z.string().trim().min(1).max(1000)).optional(),
    boxes: z
      .array(boxFeedbackSchema)
      .min(1)
      .max(1000)
      .refine(isEachOnce, { message: 'name each box once' })
      .optional(),
  })
  .refine(
    ({ label, comment, boxes }) => label !== undefined || comment !== undefined || boxes !== undefined,
    {
      message: 'give the right "label", a "comment", "boxes", or several of them',
    },
  )
  .meta({ id: 'NewFeedback' });
export type NewFeedback = z.infer<typeof feedbackSchema>;

export const FEEDBACK_STATES = ['open', 'accepted', 'dismissed'] as const;
export type FeedbackState = (typeof FEEDBACK_STATES)[number];

export const feedbackViewSchema = z
  .object({
    prediction_id: z.string(),
    created_at: z.iso.datetime(),
    model: z.string(),
    model_version: z.string(),
    answer: z.string().nullable().describe('The most confident class that was answered; null: none.'),
    label: z.string().nullable().describe('What would have been right.'),
    comment: z.string().nullable(),
    boxes: z.array(boxFeedbackSchema).nullable(),
    state: z.enum(FEEDBACK_STATES),
    dataset: z.string().nullable().describe('The id of the data set that it was accepted into.'),
  })
  .meta({ id: 'Feedback' });
export type FeedbackView = z.infer<typeof feedbackViewSchema>;
