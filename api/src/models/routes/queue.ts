/** PUT /v1/models/{name}/queue: an operator pauses or drains the predictions of a model, or lets them run again. */
import { queueStateSchema } from '@scry/shared/contracts/model-queue';
import express from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { modelParams } from './version-view.js';

const stateSchema = z.strictObject({ state: queueStateSchema }).meta({ id: 'NewModelQueue' });
const queueSchema = z
  .object({
    model: z.string(),
    state: queueStateSchema,
    unfinished: z.int().describe('Predictions that wait or are worked on.'),
  })
  .meta({ id: 'ModelQueue' });
const answer = json(queueSchema, 'The queue as it is now.');

async function view(
  { models, predictions }: Needs<'models' | 'predictions'>,
  model: string,
): Promise<z.infer<typeof queueSchema>> {
  const { queue } = models.find(model);
  const unfinished = (await predictions.countUnfinished()).get(model) ?? 0;
  return { model, state: queue, unfinished };
}

export const getQueue: Route<'models' | 'predictions'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/queue',
    operationId: 'getModelQueue',
    summary: 'Whether predictions of a model are accepted and answered, and how many wait',
    tags: ['operation'],
    request: { params: modelParams },
    responses: { 200: answer, ...problems('invalid-request', 'unknown-model', 'database-unavailable') },
  },
  handlers: (services) => [
    async (req, res) => {
      const { name } = check(modelParams, req.params);
      res.set('Cache-Control', 'no-store').json(await view(services, name));
    },
  ],
};

export const setQueue: Route<'models' | 'predictions' | 'modelQueues' | 'log'> = {
  scope: 'admin',
  description: {
    method: 'put',
    path: '/v1/models/{name}/queue',
    operationId: 'setModelQueue',
    summary: 'Pause, drain or run the queue of a model',
    description:
      'Holds for all workers and API processes, and over restarts. What a worker has begun is ended. Deadlines go on while predictions wait.',
    tags: ['operation'],
    request: {
      params: modelParams,
      body: { required: true, content: { 'application/json': { schema: stateSchema } } },
    },
    responses: {
      200: answer,
      ...problems(
        'invalid-request',
        'invalid-json',
        'unauthorized',
        'forbidden',
        'unknown-model',
        'database-unavailable',
      ),
    },
  },
  handlers: (services) => [
    express.json({ limit: '8kb', inflate: false }),
    async (req, res) => {
      const { models, modelQueues, log } = services;
      const { name } = check(modelParams, req.params);
      const { state } = check(stateSchema, req.body ?? {});
      if (!(await modelQueues.set(name, state)))
        throw new Problem('unknown-model', `There is no model "${name}".`);
      log.info({ model: name, state, key: req.keyId }, 'the queue of a model was set');
      await models.refresh();
      res.json(await view(services, name));
    },
  ],
};
