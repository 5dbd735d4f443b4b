/** PUT /v1/predictions/{id}: the same under the client's own id, so that a request can be repeated without doubt. */

import { idParams, predictionResponse } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { isSame } from './accept.js';
import { creationBody, creationHeaders, creationProblems } from './create.js';
import { type CreationNeeds, creator, type Judge } from './creation.js';

const refuseOther: Judge = ({ created, prediction }, request) => {
  if (created || isSame(prediction, request)) return;
  const detail = `There is a prediction "${request.id}" with another image, model or parameters. Choose another id.`;
  throw new Problem('id-taken', detail);
};

export const putPrediction: Route<CreationNeeds | 'limitCreates'> = {
  scope: 'predict',
  description: {
    method: 'put',
    path: '/v1/predictions/{id}',
    operationId: 'putPrediction',
    summary: 'Predict under an id of your own; repeating it gives the same prediction',
    tags: ['predictions'],
    request: { params: idParams, headers: creationHeaders, body: creationBody },
    responses: {
      200: predictionResponse('The prediction, which has ended.'),
      202: predictionResponse('Accepted, now or when the same was asked before.'),
      ...creationProblems,
    },
  },
  handlers: (services) => {
    const create = creator(services, refuseOther);
    return [services.limitCreates, (req, res) => create(req, res, check(idParams, req.params).id)];
  },
};
