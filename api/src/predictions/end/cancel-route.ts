/** POST /v1/predictions/{id}/cancel: ends what has not ended. */

import { idParams, predictionResponse, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { baseUrl, present } from '../present.js';
import { idOf, notFound } from '../read/find.js';
import { cancel } from './cancel.js';

export const cancelPrediction: Route<'predictions' | 'queues' | 'config'> = {
  scope: 'predict',
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
  handlers: (services) => [
    async (req, res) => {
      const id = idOf(req);
      const prediction = await cancel(services, id);
      if (!prediction) throw notFound(id);
      res.json(present(prediction, baseUrl(req, services.config.PUBLIC_URL)));
    },
  ],
};
