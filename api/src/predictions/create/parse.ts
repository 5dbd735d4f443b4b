/** What a request to predict may say, in a form or in JSON, and how it becomes a checked one. */
import { plainText } from '@scry/shared/contracts/plain-text';
import {
  newPredictionId,
  type Parameters,
  PREDICTION_ID,
  parametersSchema,
} from '@scry/shared/contracts/prediction';
import type { Request } from 'express';
import { z } from 'zod';
import { Problem } from '../../http/problems.js';
import { check } from '../../http/validate.js';

const MAX_EXPIRES_S = 30 * 24 * 3600;

export const predictionIdSchema = z
  .string()
  .regex(PREDICTION_ID, 'must be 8 to 64 letters, digits, "-" or "_"')
  .describe('8 to 64 of A–Z a–z 0–9 _ -. Knowing it is the right to read the prediction.');

/** Everything but the image. */
export const fieldsSchema = parametersSchema.extend({
  model: z
    .string()
    .optional()
    .describe('A model: `name`, `name@version` or `name@label`; the default model when left out.'),
  prediction_id: predictionIdSchema.optional(),
  from: predictionIdSchema
    .optional()
    .describe(
      'The id of an earlier prediction: its image is asked about again, without being sent again or stored twice.',
    ),
  image_url: plainText(z.string().max(2048))
    .optional()
    .describe(
      'The address of the image: it is fetched in 20 s at the most, from public addresses only. `GET /v1/limits` says whether this server does.',
    ),
  expires_in: z
    .number()
    .min(1)
    .max(MAX_EXPIRES_S)
    .optional()
    .describe('Seconds after which the answer is of no use: what has not begun by then is dropped.'),
  webhook: plainText(
    z.url({ protocol: /^https?$/, message: 'must be a URL such as https://example.com/hook' }).max(2048),
  )
    .optional()
    .describe('Told of the end by a signed POST (Standard Webhooks), with attempts for a day.'),
  keep: z
    .boolean()
    .optional()
    .describe(
      'With `Prefer: wait`: go on when the client goes away. Implied by a prediction_id and by a webhook.',
    ),
});
export type Fields = z.infer<typeof fieldsSchema>;

const image = (description: string) => z.string().meta({ format: 'binary', description });
export const formSchema = fieldsSchema
  .extend({ image: image('The image, as a file; left out with `from` or `image_url`.').optional() })
  .meta({ id: 'PredictionForm', description: 'multipart/form-data' });
export const jsonSchema = fieldsSchema
  .extend({
    image: z
      .string()
      .optional()
      .describe('The image as base64 or as a data URL; left out with `from` or `image_url`.'),
  })
  .meta({ id: 'PredictionRequest' });

const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };
const NUMBER = /^-?\d+(\.\d+)?(e-?\d+)?$/i;
const NUMBERS = new Set(['top_k', 'threshold', 'iou', 'max_detections', 'expires_in']);

/** Forms carry text only: fields that are numbers or flags become such, where they read as such. */
export function fromText(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value !== 'string') return [name, value];
      const text = value.trim();
      if (NUMBERS.has(name) && NUMBER.test(text)) return [name, Number(text)];
      if (name === 'all_classes' || name === 'keep') return [name, FLAGS[text.toLowerCase()] ?? value];
      return [name, text];
    }),
  );
}

const DURATION = /^(\d+)(s|m|h)?$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Seconds of a `Cancel-After` header: "30", "30s", "5m", "1h". @throws Problem when it is something else */
export function cancelAfter(text: string): number {
  const [, amount, unit = 's'] = DURATION.exec(text.trim()) ?? [];
  const seconds = Number(amount) * (SECONDS[unit] ?? Number.NaN);
  if (seconds >= 1 && seconds <= MAX_EXPIRES_S) return seconds;
  const detail = `Cancel-After: "${text}" is no time; write seconds, or 30s, 5m, 1h; ${MAX_EXPIRES_S} s at the most.`;
  throw new Problem('invalid-request', detail, {
    errors: [{ field: 'Cancel-After', message: 'must be a time such as 30s' }],
  });
}

export interface CheckedFields {
  readonly id: string;
  readonly idIsChosen: boolean;
  /** What the request asked for: a name, `name@version` or `name@label`; undefined: the default model. */
  readonly model: string | undefined;
  readonly parameters: Parameters;
  readonly expiresInS: number | null;
  readonly webhook: string | null;
  /** Whether the answer is wanted even when the client that waits for it goes away. */
  readonly keep: boolean;
}

/**
 * Checks everything but the image.
 * @param id from the path, when the client chose it there
 * @throws Problem naming what is wrong
 */
export function checkFields(
  req: Request,
  raw: Readonly<Record<string, unknown>>,
  id?: string,
): CheckedFields {
  const {
    model,
    prediction_id,
    from: _,
    expires_in,
    webhook,
    keep,
    ...parameters
  } = check(fieldsSchema, req.is('json') ? raw : fromText(raw));
  if (id !== undefined && prediction_id !== undefined && prediction_id !== id)
    throw new Problem(
      'invalid-request',
      `prediction_id: "${prediction_id}" is not the id in the path, "${id}". Leave it out.`,
    );
  const chosen = id ?? prediction_id;
  const header = req.get('Cancel-After');
  return {
    id: chosen ?? newPredictionId(),
    idIsChosen: chosen !== undefined,
    model,
    parameters,
    expiresInS: expires_in ?? (header === undefined ? null : cancelAfter(header)),
    webhook: webhook ?? null,
    keep: keep ?? (chosen !== undefined || webhook !== undefined),
  };
}
