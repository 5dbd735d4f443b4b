/** GET /v1/limits: what an upload may be, so that a client can check a file before it sends it. */
import { IMAGE_FORMATS } from '@scry/shared/contracts/prediction';
import { z } from 'zod';
import { json } from '../http/describe.js';
import type { Route } from '../http/route.js';

const limitsSchema = z
  .object({
    max_upload_bytes: z.int().describe('Of an image as it is uploaded.'),
    max_pixels: z.int().describe('Width times height.'),
    max_model_bytes: z.int().describe('Of all files of a model that is pushed.'),
    image_urls: z.boolean().describe('Whether images are fetched from addresses (`image_url`).'),
    formats: z.array(z.enum(IMAGE_FORMATS)),
  })
  .meta({ id: 'Limits' });
export type Limits = z.infer<typeof limitsSchema>;

export const getLimits: Route<'config' | 'imageAddresses'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/limits',
    operationId: 'getLimits',
    summary: 'What uploads may be',
    tags: ['operation'],
    responses: { 200: json(limitsSchema, 'The limits of this server.') },
  },
  handlers: ({ config, imageAddresses }) => [
    (_req, res) => {
      const { MAX_UPLOAD_BYTES, MAX_PIXELS, MAX_MODEL_BYTES } = config;
      res.set('Cache-Control', 'max-age=60').json({
        max_upload_bytes: MAX_UPLOAD_BYTES,
        max_pixels: MAX_PIXELS,
        max_model_bytes: MAX_MODEL_BYTES,
        image_urls: imageAddresses.isOn,
        formats: [...IMAGE_FORMATS],
      } satisfies Limits);
    },
  ],
};
