/** GET /v1/predictions/{id}/input: the image as the model was shown it. */
import { inputSchema } from '@scry/shared/contracts/manifest';
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import type { ShownInput } from '../../rendering/model-input.js';
import { renderingName } from '../../rendering/renderer.js';
import { isKnown } from '../present.js';
import { findPrediction } from './find.js';
import { setImageHeaders } from './image.js';

/** How a version's manifest has images prepared. @throws Problem "version-not-found" or "not-answered" */
async function inputOf({ versions }: Needs<'versions'>, name: string, version: string): Promise<ShownInput> {
  const { manifest } = await versions.get(name, version);
  const parsed = inputSchema.safeParse(manifest.input);
  if (parsed.success) {
    const { width, height, ...input } = parsed.data;
    if (width && height) return { ...input, width, height };
  }
  throw new Problem('not-answered', `The size of the input of ${name}@${version} is not known.`);
}

export const predictionInput: Route<'predictions' | 'versions' | 'renderer'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/input',
    operationId: 'predictionInput',
    summary: 'The image as the model was shown it',
    description:
      "Cut, scaled and padded as the manifest of the version says, before the numbers of `scale`, `mean` and `std`. Colors are the image's own, whatever the order of channels.",
    tags: ['images'],
    request: { params: idParams },
    responses: {
      200: {
        description: "A PNG of the size of the model's input.",
        content: { 'image/png': { schema: z.string().meta({ format: 'binary' }) } },
      },
      304: { description: 'The client has it.' },
      ...problems(
        'prediction-not-found',
        'version-not-found',
        'not-answered',
        'image-gone',
        'unreadable-image',
        'database-unavailable',
        'storage-unavailable',
      ),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { image, model, modelVersion } = await findPrediction(services, req);
      const input = await inputOf(services, model, modelVersion);
      const tag = `"${image.sha256.slice(0, 16)}-${renderingName('input', input)}"`;
      setImageHeaders(res, 'image/png', tag);
      if (isKnown(req, tag)) res.status(304).end();
      else res.send(await services.renderer.input(image, input));
    },
  ],
};
