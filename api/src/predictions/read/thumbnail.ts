/** GET /v1/predictions/{id}/thumbnail: the upload made small, in a format that every browser shows. */
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { renderingName } from '../../rendering/renderer.js';
import { findPrediction } from './find.js';
import { imageProblems, imageResponses, sendRendering } from './rendered.js';

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
      ...imageResponses('A JPEG.', 'image/jpeg'),
      ...imageProblems,
      ...problems('invalid-request'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const side = Number(check(querySchema, req.query).size);
      const { image } = await findPrediction(services, req);
      const rendering = { name: renderingName('thumbnail', side), sha256: image.sha256 };
      await sendRendering(res, rendering, () => services.renderer.thumbnail(image, side));
    },
  ],
};
