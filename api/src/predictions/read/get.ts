/** GET /v1/predictions/{id}: the prediction as it is, or as soon as it has ended. */
import { isFinished } from '@scry/shared/contracts/prediction';
import type { Response } from 'express';
import { idParams, predictionResponse, problems } from '../../http/describe.js';
import { onceLeft } from '../../http/left.js';
import type { Needs, Route } from '../../http/route.js';
import { sendJson } from '../../http/send-json.js';
import { check } from '../../http/validate.js';
import { baseUrl, entityTag, isKnown, present } from '../present.js';
import { waitOf, waitQuerySchema } from '../wait/wait-query.js';
import { idOf, notFound } from './find.js';

async function ended({ waiters }: Needs<'waiters'>, res: Response, id: string, seconds: number) {
  const watch = waiters.watchEnd(id);
  const stopListening = onceLeft(res, () => watch.close());
  try {
    return await waiters.untilEnded(id, seconds * 1000, watch);
  } finally {
    stopListening();
    waiters.end(watch);
  }
}

export const getPrediction: Route<'config' | 'predictions' | 'waiters'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}',
    operationId: 'getPrediction',
    summary: 'One prediction',
    description:
      'While it has not ended, `Retry-After` says when to ask again. With `If-None-Match`, 304 when nothing changed.',
    tags: ['predictions'],
    request: { params: idParams, query: waitQuerySchema },
    responses: {
      200: predictionResponse('The prediction as it is.'),
      304: { description: 'Nothing changed.' },
      ...problems('invalid-request', 'prediction-not-found', 'database-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { config, predictions } = services;
      const id = idOf(req);
      const wait = waitOf(req, check(waitQuerySchema, req.query).wait, config.MAX_WAIT_S);
      const prediction =
        wait.seconds > 0 ? await ended(services, res, id, wait.seconds) : await predictions.get(id);
      if (!prediction) throw notFound(id);
      if (wait.preferred) res.set('Preference-Applied', `wait=${wait.seconds}`);
      if (!isFinished(prediction.status)) res.set('Retry-After', '1');
      const tag = entityTag(prediction);
      res.set({ ETag: tag, 'Cache-Control': 'private, no-cache' });
      if (isKnown(req, tag)) res.status(304).end();
      else sendJson(res, 200, present(prediction, baseUrl(req, config.PUBLIC_URL)));
    },
  ],
};
