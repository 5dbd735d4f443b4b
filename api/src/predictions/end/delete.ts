/** DELETE /v1/predictions/{id}: the row; the maintenance removes the image when no other row uses it. */

import { versionKey } from '@scry/shared/contracts/version';
import { idParams, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { findPrediction, notFound } from '../read/find.js';

export const deletePrediction: Route<'predictions' | 'queues'> = {
  scope: 'predict',
  description: {
    method: 'delete',
    path: '/v1/predictions/{id}',
    operationId: 'deletePrediction',
    summary: 'Delete a prediction, and its image when no other uses it',
    tags: ['predictions'],
    request: { params: idParams },
    responses: {
      204: { description: 'It is gone. Its image follows within seconds.' },
      ...problems('prediction-not-found', 'database-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { predictions, queues } = services;
      const { id, model, modelVersion } = await findPrediction(services, req);
      await predictions.cancel(id); // whoever waits or works on it is told
      await queues.remove(versionKey(model, modelVersion), id);
      if (!(await predictions.delete(id))) throw notFound(id);
      res.status(204).end();
    },
  ],
};
