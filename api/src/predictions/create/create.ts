/** POST /v1/predictions: an image comes in, a promise goes out. */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { predictionResponse, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { type CreationNeeds, creator, type Judge } from './creation.js';
import { formSchema, jsonSchema } from './parse.js';

export const creationHeaders = z.object({
  Prefer: z.string().optional().describe('`wait=N` holds the answer until done, for N seconds at the most.'),
  'Cancel-After': z.string().optional().describe('As `expires_in`: seconds, or such as 30s, 5m, 1h.'),
});

export const creationBody = {
  required: true,
  content: {
    'multipart/form-data': { schema: formSchema },
    'application/json': { schema: jsonSchema },
  },
};

export const creationProblems = problems(
  'invalid-request',
  'unauthorized',
  'forbidden',
  'rate-limited',
  'overloaded',
  'invalid-multipart',
  'invalid-json',
  'no-image',
  'unknown-model',
  'prediction-not-found',
  'image-gone',
  'image-not-fetched',
  'model-not-served',
  'model-draining',
  'id-taken',
  'too-large',
  'unsupported-image',
  'unsupported-body',
  'unreadable-image',
  'too-many-pixels',
  'storage-unavailable',
  'database-unavailable',
  'storage-full',
);

const refuseTaken: Judge = ({ created }, { id }) => {
  if (created) return;
  const detail = `There is a prediction "${id}" already. Choose another prediction_id, or PUT the image to /v1/predictions/${id} to repeat a request.`;
  throw new Problem('id-taken', detail);
};

/** Refuses before the image is read. PUT does so after: a repeated request may be answered however full it is. */
const admit =
  ({ backlog }: Needs<'backlog'>): RequestHandler =>
  async (_req, _res, next) => {
    await backlog.admitAny();
    next();
  };

export const createPrediction: Route<CreationNeeds | 'backlog' | 'limitCreates'> = {
  scope: 'predict',
  description: {
    method: 'post',
    path: '/v1/predictions',
    operationId: 'createPrediction',
    summary: 'Predict',
    tags: ['predictions'],
    request: { headers: creationHeaders, body: creationBody },
    responses: {
      200: predictionResponse('The answer, when `Prefer: wait` was long enough.'),
      202: predictionResponse(
        'Accepted: the prediction will end, whatever happens. `Location` says where to look.',
      ),
      ...creationProblems,
    },
  },
  handlers: (services) => {
    const create = creator(services, refuseTaken);
    return [services.limitCreates, admit(services), (req, res) => create(req, res)];
  },
};
