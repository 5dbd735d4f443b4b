/** What people say of answers: that one was wrong, and what would have been right. */
import { z } from 'zod';
import { plainLines, plainText } from './plain-text.js';

export const feedbackSchema = z
  .strictObject({
    label: plainText(z.string().trim().min(1).max(200)).optional().describe('What would have been right.'),
    comment: plainLines(z.string().trim().min(1).max(1000)).optional(),
  })
  .refine(({ label, comment }) => label !== undefined || comment !== undefined, {
    message: 'give the right "label", a "comment", or both',
  })
  .meta({ id: 'NewFeedback' });
export type NewFeedback = z.infer<typeof feedbackSchema>;

export const feedbackViewSchema = z
  .object({
    prediction_id: z.string(),
    created_at: z.iso.datetime(),
    model: z.string(),
    model_version: z.string(),
    answer: z.string().nullable().describe('The most confident class that was answered; null: none.'),
    label: z.string().nullable().describe('What would have been right.'),
    comment: z.string().nullable(),
  })
  .meta({ id: 'Feedback' });
export type FeedbackView = z.infer<typeof feedbackViewSchema>;
