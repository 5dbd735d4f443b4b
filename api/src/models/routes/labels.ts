/** /v1/models/{name}/labels: which versions answer, and which share of the traffic each gets. */
import { labelViewSchema, VERSION_NAME } from '@scry/shared/contracts/version';
import type { StoredLabel } from '@scry/shared/database/model-versions';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { labelParams, modelParams, presentLabel } from './version-view.js';

const failures = problems(
  'invalid-request',
  'unauthorized',
  'forbidden',
  'version-not-found',
  'database-unavailable',
);
const label = json(labelViewSchema, 'The label as it is now.');

const newLabelSchema = z
  .strictObject({
    version: z.string().regex(VERSION_NAME, 'must be the name of a version'),
    weight: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('Percent of the predictions that name the model alone; `stable` gets what others leave.'),
  })
  .meta({ id: 'NewModelLabel' });

export const listLabels: Route<'labels'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/labels',
    operationId: 'listLabels',
    summary: 'Labels of a model',
    tags: ['models'],
    request: { params: modelParams },
    responses: {
      200: json(z.object({ items: z.array(labelViewSchema) }), 'All labels.'),
      ...problems('invalid-request', 'database-unavailable'),
    },
  },
  handlers: ({ labels }) => [
    async (req, res) => {
      const { name } = check(modelParams, req.params);
      res.json({ items: (await labels.list(name)).map(presentLabel) });
    },
  ],
};

export const setLabel: Route<'labels'> = {
  scope: 'models:write',
  description: {
    method: 'put',
    path: '/v1/models/{name}/labels/{label}',
    operationId: 'setLabel',
    summary: 'Point a label at a version',
    tags: ['models'],
    request: {
      params: labelParams,
      body: { required: true, content: { 'application/json': { schema: newLabelSchema } } },
    },
    responses: { 200: label, ...failures, ...problems('invalid-json') },
  },
  handlers: ({ labels }) => [
    express.json({ limit: '8kb' }),
    async (req, res) => {
      const { name, label: named } = check(labelParams, req.params);
      const { version, weight } = check(newLabelSchema, req.body ?? {});
      res.json(presentLabel(await labels.set(name, named, version, weight)));
    },
  ],
};

export const removeLabel: Route<'labels'> = {
  scope: 'models:write',
  description: {
    method: 'delete',
    path: '/v1/models/{name}/labels/{label}',
    operationId: 'removeLabel',
    summary: 'End a label other than stable; its version stays',
    tags: ['models'],
    request: { params: labelParams },
    responses: { 204: { description: 'It is gone.' }, ...failures, ...problems('version-in-use') },
  },
  handlers: ({ labels }) => [
    async (req, res) => {
      const { name, label: named } = check(labelParams, req.params);
      await labels.remove(name, named);
      res.status(204).end();
    },
  ],
};

function moving(
  path: string,
  operationId: string,
  summary: string,
  move: (services: Needs<'labels'>, name: string, label: string) => Promise<StoredLabel>,
): Route<'labels'> {
  return {
    scope: 'models:write',
    description: {
      method: 'post',
      path,
      operationId,
      summary,
      tags: ['models'],
      request: { params: labelParams },
      responses: { 200: label, ...failures },
    },
    handlers: (services): RequestHandler[] => [
      async (req, res) => {
        const { name, label: named } = check(labelParams, req.params);
        res.json(presentLabel(await move(services, name, named)));
      },
    ],
  };
}

export const rollBackLabel = moving(
  '/v1/models/{name}/labels/{label}/rollback',
  'rollBackLabel',
  'Point a label at what it pointed to before',
  ({ labels }, name, named) => labels.rollBack(name, named),
);

export const promoteLabel = moving(
  '/v1/models/{name}/labels/{label}/promote',
  'promoteLabel',
  "Make a label's version the stable one, and end the label",
  ({ labels }, name, named) => labels.promote(name, named),
);
