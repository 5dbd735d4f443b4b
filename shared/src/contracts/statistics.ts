/** What clients see of how the system does: per model over its recent predictions, and as a whole over minutes. */
import { z } from 'zod';
import { queueStateSchema } from './model-queue.js';

const latencySchema = z
  .object({ median_ms: z.number().nullable(), p95_ms: z.number().nullable() })
  .meta({ id: 'Latency', description: 'Null where nothing was measured.' });

export const versionStatisticsSchema = z
  .object({
    version: z.string(),
    recent: z.int().describe("How many of the model's newest 10,000 predictions that have ended are of it."),
    succeeded: z.int(),
    failed: z.int(),
    wait: latencySchema.describe('From acceptance until a worker took it.'),
    inference: latencySchema.describe('Of the run that its image was part of.'),
    total: latencySchema.describe('From acceptance to the written result.'),
    reported_wrong: z.int().describe('How many answers somebody called wrong.'),
    reported_wrong_share: z
      .number()
      .nullable()
      .describe('`reported_wrong` as a part of `succeeded`, 0 to 1; null without any.'),
  })
  .meta({ id: 'VersionStatistics', description: 'Times are those of predictions that succeeded.' });
export type VersionStatistics = z.infer<typeof versionStatisticsSchema>;

export const modelStatisticsSchema = z
  .object({
    name: z.string(),
    predictions: z.int().describe('How many there are; counted up to a limit.'),
    predictions_exact: z.boolean().describe('False: the limit was reached, and there are more.'),
    recent: z.int().describe('How many of the newest, all of them answered, the following is about.'),
    median_ms: z.number().nullable().describe('From acceptance to the written result; null without any.'),
    p95_ms: z.number().nullable(),
    reported_wrong: z.int().describe('Of the recent ones, how many somebody called wrong.'),
    versions: z
      .array(versionStatisticsSchema)
      .describe('The same predictions by version, to compare them; those asked for most first.'),
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

export const RANGES = ['1h', '24h', '7d'] as const;
export type Range = (typeof RANGES)[number];

/** Hours and days, from sums that are kept by the minute. */
export const historySchema = z
  .object({
    at: z.int().describe('Where the last bucket ends, Unix seconds.'),
    bucket_s: z.int().describe('Length of a bucket, seconds.'),
    buckets: z
      .array(bucketSchema)
      .describe(
        'Oldest first, without gaps. Times are exact to 6 %; predictions that were deleted are counted.',
      ),
    failures: z.array(z.object({ code: z.int(), count: z.int() })).describe('Within all buckets.'),
  })
  .meta({ id: 'StatisticsHistory' });
export type StatisticsHistory = z.infer<typeof historySchema>;

const measuredSchema = z.object({
  bytes: z.number().describe('Of files; estimated from a part of them where `exact` is false.'),
  files: z.int(),
  exact: z.boolean(),
});

export const storageSchema = z
  .object({
    measured_at: z.iso.datetime(),
    free_bytes: z.number().describe('On the disk of DATA_DIR.'),
    reserve_bytes: z.number().describe('Below it uploads are refused.'),
    images: measuredSchema.describe('Images of predictions and data sets.'),
    derived: measuredSchema.describe(
      'Thumbnails, crops and annotated images, which are made again when asked for.',
    ),
    blobs: measuredSchema.describe('Files of models and trainings, and zips on their way in.'),
    database_bytes: z.number(),
    retention: z.object({
      days: z
        .number()
        .describe('Finished predictions and their images are removed after so many days; 0: never.'),
      oldest: z.iso.datetime().nullable().describe('When the oldest prediction was created.'),
      due: z.int().describe('Predictions that are removed within the next 24 hours; counted up to a limit.'),
      due_exact: z.boolean(),
      derived_days: z.number(),
      derived_max_bytes: z.number(),
    }),
  })
  .meta({ id: 'StorageUse' });
export type StorageUse = z.infer<typeof storageSchema>;

export const operationsSchema = z
  .object({
    at: z.int().describe('Unix seconds, by the server.'),
    bucket_s: z.int().describe('Length of a bucket, seconds.'),
    buckets: z.array(bucketSchema).describe('Oldest first, without gaps.'),
    failures: z.array(z.object({ code: z.int(), count: z.int() })).describe('Within all buckets.'),
    unfinished: z.record(z.string(), z.int()).describe('Now, by model.'),
    queues: z.record(z.string(), queueStateSchema).describe('Of every model that can be asked for.'),
    workers: z.array(
      z.object({
        id: z.string(),
        host: z.string(),
        up_s: z.number().describe('Since it started, seconds.'),
        roles: z.array(z.enum(['predict', 'train'])),
        training: z.string().nullable().describe('Id of the training that runs there.'),
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
