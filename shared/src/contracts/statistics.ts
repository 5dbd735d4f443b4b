/** What clients see of how the system does: per model over its recent predictions, and as a whole over minutes. */
import { z } from 'zod';

export const modelStatisticsSchema = z
  .object({
    name: z.string(),
    predictions: z.int().describe('How many there are; counted up to a limit.'),
    predictions_exact: z.boolean().describe('False: the limit was reached, and there are more.'),
    recent: z.int().describe('How many of the newest, all of them answered, the following is about.'),
    median_ms: z.number().nullable().describe('From acceptance to the written result; null without any.'),
    p95_ms: z.number().nullable(),
    reported_wrong: z.int().describe('Of the recent ones, how many somebody called wrong.'),
  })
  .meta({ id: 'ModelStatistics' });
export type ModelStatistics = z.infer<typeof modelStatisticsSchema>;

/** Predictions that ended within one short stretch of time. */
export const bucketSchema = z
  .object({
    at: z.int().describe('Its beginning, Unix seconds.'),
    succeeded: z.int(),
    failed: z.int(),
    median_ms: z
      .number()
      .nullable()
      .describe('Of those that succeeded, from acceptance to the written result.'),
    p95_ms: z.number().nullable(),
    batch_size: z.number().nullable().describe('Images per inference, mean.'),
    unfinished: z
      .record(z.string(), z.int())
      .describe('Not yet ended at its end, by model; one not named has none.'),
  })
  .meta({ id: 'Bucket' });
export type Bucket = z.infer<typeof bucketSchema>;

export const operationsSchema = z
  .object({
    at: z.int().describe('Unix seconds, by the server.'),
    bucket_s: z.int().describe('Length of a bucket, seconds.'),
    buckets: z.array(bucketSchema).describe('Oldest first, without gaps.'),
    failures: z.array(z.object({ code: z.int(), count: z.int() })).describe('Within all buckets.'),
    unfinished: z.record(z.string(), z.int()).describe('Now, by model.'),
    workers: z.array(
      z.object({
        id: z.string(),
        host: z.string(),
        up_s: z.number().describe('Since it started, seconds.'),
        models: z.array(
          z.object({ name: z.string(), version: z.string(), device: z.string(), runtime: z.string() }),
        ),
        problems: z.array(z.object({ name: z.string(), message: z.string() })),
        queue_problem: z.string().nullable().describe('Why it cannot take jobs; null: it can.'),
      }),
    ),
  })
  .meta({ id: 'Operations' });
export type Operations = z.infer<typeof operationsSchema>;
