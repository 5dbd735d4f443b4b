/** What clients see of what a version answered lately. */
import { z } from 'zod';

export const versionAnswersSchema = z
  .object({
    model: z.string(),
    version: z.string(),
    predictions: z.int().describe('How many of its predictions the following is about.'),
    classes: z
      .array(z.object({ label: z.string(), count: z.int() }))
      .describe('How often each class was the answer, or was found; the most frequent first.'),
    confidences: z
      .array(z.int())
      .describe('How many strongest answers have a confidence within each tenth, from 0 to 1.'),
  })
  .meta({ id: 'VersionAnswers' });
export type VersionAnswers = z.infer<typeof versionAnswersSchema>;
