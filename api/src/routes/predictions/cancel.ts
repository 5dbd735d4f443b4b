/** POST /v1/predictions/{id}/cancel: ends what has not ended. */
import { baseUrl, present } from '../../present.js';
import type { Route } from '../../route.js';
import { idParams, predictionResponse, problems } from '../describe.js';
import { idOf, notFound } from './find.js';

export const cancelPrediction: Route = {
  scope: 'public',
  description: {
    method: 'post',
    path: '/v1/predictions/{id}/cancel',
    operationId: 'cancelPrediction',
    summary: 'Cancel',
    tags: ['predictions'],
    request: { params: idParams },
    responses: {
      200: predictionResponse('The prediction: canceled, or as it had ended before.'),
      ...problems('prediction-not-found', 'database-unavailable'),
    },
  },
  handlers: ({ config, predictions, queues }) => [
    async (req, res) => {
      const id = idOf(req);
      const prediction = await predictions.cancel(id);
      if (!prediction) throw notFound(id);
      if (prediction.status === 'canceled') await queues.remove(prediction.model, id);
      res.json(present(prediction, baseUrl(req, config.PUBLIC_URL)));
    },
  ],
};
