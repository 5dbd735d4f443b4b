/**
 * The life of a prediction: its states, the only moves between them, the codes older clients read, and the
 * JSON they see. What is asked of a task and answered by it is in ../tasks.
 *
 *     queued ──▶ processing ──▶ succeeded | failed
 *       │            │
 *       └────────────┴────────▶ canceled | expired | failed
 *
 * `processing → queued` does not exist: a job that runs again finds its row `processing` and carries on.
 */
import { randomInt } from 'node:crypto';
import { ulid } from 'ulid';
import { z } from 'zod';
import { type Output, outputSchema } from '../tasks/answer.js';
import { parametersSchema } from '../tasks/registry.js';

export {
  type Answer,
  answerSchema,
  type Box,
  boxSchema,
  type Output,
  outputSchema,
} from '../tasks/answer.js';
export { type Parameters, parametersSchema } from '../tasks/registry.js';
export { CODES, type Code } from './codes.js';

export const STATUSES = ['queued', 'processing', 'succeeded', 'failed', 'canceled', 'expired'] as const;
export type Status = (typeof STATUSES)[number];

/** States that a prediction has not left for good; everything else is an end. */
export const UNFINISHED = ['queued', 'processing'] as const satisfies readonly Status[];

const MOVES: Readonly<Record<Status, readonly Status[]>> = {
  queued: ['processing', 'succeeded', 'failed', 'canceled', 'expired'],
  processing: ['succeeded', 'failed', 'canceled', 'expired'],
  succeeded: [],
  failed: [],
  canceled: [],
  expired: [],
};

/** True when a prediction may move from one status to another. */
export function canMove(from: Status, to: Status): boolean {
  return MOVES[from].includes(to);
}

/** True when a prediction with this status will not change any more. */
export function isFinished(status: Status): boolean {
  return MOVES[status].length === 0;
}

/** Ids that clients may choose: long enough not to collide by accident, safe in a path and in a file name. */
export const PREDICTION_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** A new id: a ULID. It sorts by time, and 80 random bits follow the clock: knowing it is the right to read it. */
export function newPredictionId(): string {
  return ulid(undefined, () => randomInt(2 ** 32) / 2 ** 32); // randomInt draws from a pool: 30 times cheaper than the default
}

/** Formats that an image may come in; anything else is refused by its bytes. */
export const IMAGE_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'heic', 'bmp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export const imageSchema = z
  .object({
    sha256: z.string().describe('Of the uploaded bytes; it also names the stored file.'),
    format: z.enum(IMAGE_FORMATS),
    width: z.int().describe('Pixels, as a person sees the image (after EXIF rotation).'),
    height: z.int(),
    bytes: z.int(),
  })
  .meta({ id: 'Image' });
export type ImageInfo = z.infer<typeof imageSchema>;

/** Where the time went, milliseconds. `total_ms` runs from acceptance by the API to the written result. */
export const metricsSchema = z
  .object({
    queue_ms: z.number(),
    decode_ms: z.number(),
    batch_ms: z.number(),
    inference_ms: z.number(),
    total_ms: z.number(),
    batch_size: z.int(),
    worker: z.string(),
    device: z.string(),
  })
  .meta({ id: 'PredictionMetrics' });
export type PredictionMetrics = z.infer<typeof metricsSchema>;

export const predictionErrorSchema = z
  .object({ code: z.int(), message: z.string().describe('What went wrong and what to do.') })
  .meta({ id: 'PredictionError' });
export type PredictionError = z.infer<typeof predictionErrorSchema>;

/** Not `nullable()`, which would make the named schema itself nullable in the OpenAPI document. */
const orNull = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

/** A prediction as clients see it. */
export const predictionSchema = z
  .object({
    prediction_id: z.string(),
    status: z.enum(STATUSES),
    code: z.int().describe('100 predicting, 200 done, 5xx failed; see the list of codes.'),
    model: z.object({
      name: z.string(),
      version: z.string(),
      label: z
        .string()
        .nullable()
        .describe(
          'The label that chose the version, such as `stable` or `canary`; null: it was asked for itself.',
        ),
      task: z.string(),
      engine: z.string(),
    }),
    parameters: parametersSchema,
    image: imageSchema,
    output: orNull(outputSchema),
    error: orNull(predictionErrorSchema),
    metrics: orNull(metricsSchema),
    cached: z.boolean().describe('True when the answer was taken from an earlier, identical prediction.'),
    retry_of: z.string().nullable().describe('The failed prediction that this one repeats.'),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    completed_at: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().nullable(),
    urls: z.object({
      get: z.string(),
      events: z.string(),
      cancel: z.string(),
      image: z.string(),
      annotated: z.string(),
    }),
  })
  .meta({ id: 'Prediction' });
export type PredictionView = z.infer<typeof predictionSchema>;

/** How one attempt at a prediction ended. Bad images and the like are values, not exceptions. */
export type Outcome =
  | { readonly status: 'succeeded'; readonly output: Output }
  | { readonly status: 'failed'; readonly error: PredictionError };
