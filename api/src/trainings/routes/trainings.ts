/** /v1/trainings: started, listed, looked at and canceled. */
import { newTrainingSchema, TRAINING_ID, trainingSchema } from '@scry/shared/contracts/training';
import express from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import { onceLeft } from '../../http/left.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { waitOf, waitQuerySchema } from '../../predictions/wait/wait-query.js';
import { presentTraining } from '../present.js';

const access = problems('invalid-request', 'unauthorized', 'forbidden', 'database-unavailable');
const found = {
  ...problems('invalid-request', 'unauthorized', 'forbidden', 'training-not-found', 'database-unavailable'),
};
/** A network of one's own may have many layers. */
const body = express.json({ limit: '1mb' });
const id = z.string().regex(TRAINING_ID, 'must be an id that was given out');
export const trainingParams = z.object({ id });

export const createTraining: Route<'trainings'> = {
  scope: 'train',
  description: {
    method: 'post',
    path: '/v1/trainings',
    operationId: 'createTraining',
    summary: 'Train a model on a data set',
    description: 'The result is a version of the model `name`, with its metrics.',
    tags: ['trainings'],
    request: { body: { required: true, content: { 'application/json': { schema: newTrainingSchema } } } },
    responses: {
      202: json(trainingSchema, 'It is queued; `Location` says how far it is.'),
      ...problems(
        'invalid-request',
        'invalid-json',
        'unauthorized',
        'forbidden',
        'dataset-not-found',
        'training-refused',
        'database-unavailable',
      ),
    },
  },
  handlers: ({ trainings }) => [
    body,
    async (req, res) => {
      const request = check(newTrainingSchema, req.body ?? {});
      const made = await trainings.start(request, req.keyId ?? null);
      res.status(202).location(`/v1/trainings/${made.id}`).json(presentTraining(made));
    },
  ],
};

const pageQuery = z.strictObject({
  dataset: id.optional().describe('Only those of this data set.'),
  model: z.string().max(63).optional().describe('Only those that make versions of this model.'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: id.optional().describe('`next` of the page before.'),
});

export const listTrainings: Route<'trainingStore'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/trainings',
    operationId: 'listTrainings',
    summary: 'Trainings, newest first',
    tags: ['trainings'],
    request: { query: pageQuery },
    responses: {
      200: json(z.object({ items: z.array(trainingSchema), next: z.string().nullable() }), 'One page.'),
      ...access,
    },
  },
  handlers: ({ trainingStore }) => [
    async (req, res) => {
      const { limit, cursor, dataset, model } = check(pageQuery, req.query);
      const rows = await trainingStore.list(limit + 1, {
        ...(cursor === undefined ? {} : { after: cursor }),
        ...(dataset === undefined ? {} : { dataset }),
        ...(model === undefined ? {} : { model }),
      });
      const page = rows.slice(0, limit);
      const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
      res.json({ items: page.map(presentTraining), next });
    },
  ],
};

export const getTraining: Route<'trainings' | 'config'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/trainings/{id}',
    operationId: 'getTraining',
    summary: 'How far a training is, and what it measured',
    tags: ['trainings'],
    request: { params: trainingParams, query: waitQuerySchema },
    responses: { 200: json(trainingSchema, 'The training.'), ...found },
  },
  handlers: ({ trainings, config }) => [
    async (req, res) => {
      const { wait } = check(waitQuerySchema, req.query);
      const { seconds, preferred } = waitOf(req, wait, config.MAX_WAIT_S);
      const left = new AbortController();
      onceLeft(res, () => left.abort());
      let training = await trainings.get(check(trainingParams, req.params).id);
      if (seconds > 0)
        for await (const now of trainings.follow(training, seconds * 1000, left.signal)) training = now;
      if (preferred) res.set('Preference-Applied', `wait=${seconds}`);
      res.json(presentTraining(training));
    },
  ],
};

const cancelSchema = z
  .strictObject({
    keep_best: z
      .boolean()
      .default(false)
      .describe('Make a version of the best so far; fine-tune and scratch, after their first epoch.'),
  })
  .meta({ id: 'CancelTraining' });

export const cancelTraining: Route<'trainings'> = {
  scope: 'train',
  description: {
    method: 'post',
    path: '/v1/trainings/{id}/cancel',
    operationId: 'cancelTraining',
    summary: 'End a training',
    description: 'One that has ended stays as it is.',
    tags: ['trainings'],
    request: {
      params: trainingParams,
      body: { content: { 'application/json': { schema: cancelSchema } } },
    },
    responses: {
      202: json(trainingSchema, 'It ends within seconds, one that is queued at once.'),
      ...found,
      ...problems('invalid-json'),
    },
  },
  handlers: ({ trainings }) => [
    body,
    async (req, res) => {
      const { keep_best } = check(cancelSchema, req.body ?? {});
      const canceled = await trainings.cancel(check(trainingParams, req.params).id, keep_best);
      res.status(202).json(presentTraining(canceled));
    },
  ],
};
