/** GET /v1/predictions/{id}/input: the image as the model was shown it. */
import { inputSchema } from '@scry/shared/contracts/manifest';
import { idParams, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import type { ShownInput } from '../../rendering/model-input.js';
import { renderingName } from '../../rendering/renderer.js';
import { findPrediction } from './find.js';
import { imageProblems, imageResponses, sendRendering } from './rendered.js';

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
      ...imageResponses("A PNG of the size of the model's input.", 'image/png'),
      ...imageProblems,
      ...problems('prediction-not-found', 'version-not-found', 'not-answered'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { image, model, modelVersion } = await findPrediction(services, req);
      const input = await inputOf(services, model, modelVersion);
      const rendering = { name: renderingName('input', input), sha256: image.sha256 };
      await sendRendering(res, rendering, () => services.renderer.input(image, input));
    },
  ],
};
