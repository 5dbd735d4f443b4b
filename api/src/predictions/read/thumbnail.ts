/** GET /v1/predictions/{id}/thumbnail: the upload made small, in a format that every browser shows. */
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { renderingName } from '../../rendering/renderer.js';
import { findPrediction } from './find.js';
import { setImageHeaders } from './image.js';

/** Few sizes, so that few are made and kept: one for lists, one for screens. */
const SIZES = ['256', '1600'] as const;

const querySchema = z.strictObject({
  size: z.enum(SIZES).default('256').describe('Pixels that neither side exceeds; nothing is enlarged.'),
});

export const predictionThumbnail: Route<'predictions' | 'renderer'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/thumbnail',
    operationId: 'predictionThumbnail',
    summary: 'The image, smaller',
    tags: ['images'],
    request: { params: idParams, query: querySchema },
    responses: {
      200: {
        description: 'A JPEG.',
        content: { 'image/jpeg': { schema: z.string().meta({ format: 'binary' }) } },
      },
      304: { description: 'The client has it.' },
      ...problems(
        'invalid-request',
        'prediction-not-found',
        'image-gone',
        'unreadable-image',
        'database-unavailable',
        'storage-unavailable',
      ),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const side = Number(check(querySchema, req.query).size);
      const { image } = await findPrediction(services, req);
      const tag = `"${image.sha256.slice(0, 16)}-${renderingName('thumbnail', side)}"`;
      setImageHeaders(res, 'image/jpeg', tag);
      if (req.fresh) res.status(304).end();
      else res.send(await services.renderer.thumbnail(image, side));
    },
  ],
};
