/** DELETE /v1/predictions/{id}: the row, and the image when no other row uses it. */

import { idParams, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { findPrediction, notFound } from '../read/find.js';
import { removeImage } from './remove-image.js';

export const deletePrediction: Route = {
  scope: 'predict',
  description: {
    method: 'delete',
    path: '/v1/predictions/{id}',
    operationId: 'deletePrediction',
    summary: 'Delete a prediction, and its image when no other uses it',
    tags: ['predictions'],
    request: { params: idParams },
    responses: {
      204: { description: 'It is gone.' },
      ...problems('prediction-not-found', 'database-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { predictions, queues } = services;
      const { id, model } = await findPrediction(services, req);
      await predictions.cancel(id); // whoever waits or works on it is told
      await queues.remove(model, id);
      const sha256 = await predictions.delete(id);
      if (sha256 === null) throw notFound(id);
      await removeImage(services, { id, model, sha256 });
      res.status(204).end();
    },
  ],
};
