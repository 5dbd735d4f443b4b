/** GET /v1/predictions/{id}/annotated, /crops/{n} and /masks/{n}: images made from the upload and its answer. */
import type { Prediction } from '@scry/shared/database/predictions';
import type { ClassColors } from '@scry/shared/tasks/class-hue';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { renderingName } from '../../rendering/renderer.js';
import { findPrediction } from './find.js';
import { imageProblems, imageResponses, sendRendering } from './rendered.js';
import { shownOf, shownSchema } from './shown.js';

/** @throws Problem "not-answered" */
function requireAnswer({ id, status, output }: Prediction): NonNullable<Prediction['output']> {
  if (output) return output;
  const detail =
    status === 'queued' || status === 'processing'
      ? `Prediction "${id}" is ${status}. Ask again when it has succeeded.`
      : `Prediction "${id}" is ${status}: it has no answer to show.`;
  throw new Problem('not-answered', detail);
}

/** What the manifest says; a version that cannot be asked any more is drawn in the colors of numbers. */
function colorsOf({ models }: Needs<'models'>, { model, modelVersion }: Prediction): ClassColors {
  return models.models.get(model)?.versions.get(modelVersion)?.manifest.colors ?? {};
}

const failures = { ...imageProblems, ...problems('prediction-not-found', 'not-answered') };

const placeParams = idParams.extend({
  n: z
    .string()
    .regex(/^\d{1,4}$/)
    .describe('Place in `output.predictions`, from 0.'),
});

export const annotatedImage: Route<'predictions' | 'renderer' | 'models'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/annotated',
    operationId: 'annotatedImage',
    summary: 'The image with its answer drawn onto it',
    description:
      'Boxes with labels for detections, masks for segmentations, the most confident class above the image for classifications. Its longer side is 640 to 2048 pixels.',
    tags: ['images'],
    request: { params: idParams, query: shownSchema },
    responses: {
      ...imageResponses('A JPEG.', 'image/jpeg'),
      ...failures,
      ...problems('invalid-request'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const shown = check(shownSchema, req.query);
      const prediction = await findPrediction(services, req);
      const output = shownOf(requireAnswer(prediction), shown);
      const colors = colorsOf(services, prediction);
      const name = renderingName('annotated', [prediction.task, output, colors]);
      await sendRendering(res, { name }, () =>
        services.renderer.annotated({ ...prediction, output }, colors),
      );
    },
  ],
};

export const crop: Route<'predictions' | 'renderer'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/crops/{n}',
    operationId: 'crop',
    summary: 'One detected object',
    tags: ['images'],
    request: { params: placeParams },
    responses: {
      ...imageResponses('A JPEG.', 'image/jpeg'),
      ...failures,
      ...problems('prediction-not-found', 'crop-not-found'),
    },
  },
  handlers: (services): RequestHandler[] => [
    async (req, res) => {
      const prediction = await findPrediction(services, req);
      const { predictions } = requireAnswer(prediction);
      const box = predictions[Number(req.params.n)]?.bbox;
      if (!box) throw noCrop(String(req.params.n), predictions.filter(({ bbox }) => bbox).length);
      await sendRendering(res, { name: renderingName('crop', box) }, () =>
        services.renderer.crop(prediction.image, box),
      );
    },
  ],
};

function noCrop(n: string, count: number): Problem {
  const there = count === 0 ? 'The answer holds no boxes.' : `The answer holds boxes 0 to ${count - 1}.`;
  return new Problem('crop-not-found', `There is no object ${n.slice(0, 8)}. ${there}`);
}

export const mask: Route<'predictions' | 'renderer'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/masks/{n}',
    operationId: 'mask',
    summary: 'The mask of one class or object',
    tags: ['images'],
    request: { params: placeParams },
    responses: {
      ...imageResponses(
        'A PNG of one channel, as large as the image: 255 where the mask is set.',
        'image/png',
      ),
      ...failures,
      ...problems('prediction-not-found', 'mask-not-found'),
    },
  },
  handlers: (services): RequestHandler[] => [
    async (req, res) => {
      const prediction = await findPrediction(services, req);
      const { predictions } = requireAnswer(prediction);
      const found = predictions[Number(req.params.n)]?.mask;
      if (!found) throw noMask(String(req.params.n), predictions.filter((answer) => answer.mask).length);
      const name = renderingName('mask', [found.size, found.counts]);
      await sendRendering(res, { name }, () => services.renderer.mask(prediction.image, found));
    },
  ],
};

function noMask(n: string, count: number): Problem {
  const there = count === 0 ? 'The answer holds no masks.' : `The answer holds masks 0 to ${count - 1}.`;
  return new Problem('mask-not-found', `There is no mask ${n.slice(0, 8)}. ${there}`);
}
