/** GET /v1/models and /v1/models/{name}: what can be asked, and what workers serve now. */

import { type ModelView, modelListSchema, modelViewSchema } from '@scry/shared/contracts/model';
import type { LiveWorker } from '@scry/shared/database/workers';
import { expectedEngine, type Model } from '@scry/shared/models/model-folders';
import { defaultParameters } from '@scry/shared/tasks/registry';
import { z } from 'zod';
import { json, problems } from '../http/describe.js';
import type { Route } from '../http/route.js';
import { findModel } from '../predictions/create/parse.js';
import type { Services } from '../services.js';
import { withoutFolders } from './public-text.js';

function view(model: Model, isDefault: boolean, live: readonly LiveWorker[]): ModelView {
  const { name, version, description, task, labels, input, output } = model;
  const workers = live.flatMap(({ id, models }) =>
    models
      .filter((served) => served.name === name)
      .map(({ version, engine: used, device, runtime, notes }) => ({
        id,
        version,
        engine: expectedEngine(model, used),
        device,
        runtime,
        notes: notes ?? [],
      })),
  );
  const failed = live.flatMap(({ id, problems: found }) =>
    found
      .filter((problem) => problem.name === name)
      .map(({ message }) => ({ worker: id, message: withoutFolders(message) })),
  );
  return {
    name,
    version,
    description,
    task,
    engine: expectedEngine(model, workers[0]?.engine),
    default: isDefault,
    labels: [...labels],
    input: { width: input.width ?? null, height: input.height ?? null, channels: input.channels },
    parameters: defaultParameters(task, output),
    serving: workers.length > 0,
    workers,
    problems: failed,
  };
}

async function views({ models, serving }: Services, names: readonly Model[]): Promise<ModelView[]> {
  const live = await serving.workers();
  return names.map((model) => view(model, model.name === models.defaultModel, live));
}

export const listModels: Route = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models',
    operationId: 'listModels',
    summary: 'Models',
    tags: ['models'],
    responses: { 200: json(modelListSchema, 'All models.'), ...problems('database-unavailable') },
  },
  handlers: (services) => [
    async (_req, res) => {
      const { models, defaultModel, problems: found } = services.models;
      res.json({
        items: await views(services, [...models.values()]),
        default: defaultModel,
        problems: found.map((problem) => ({ ...problem, message: withoutFolders(problem.message) })),
      });
    },
  ],
};

export const getModel: Route = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}',
    operationId: 'getModel',
    summary: 'One model',
    tags: ['models'],
    request: { params: z.object({ name: z.string() }) },
    responses: {
      200: json(modelViewSchema, 'The model.'),
      ...problems('unknown-model', 'database-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const [model] = await views(services, [findModel(services.models, String(req.params.name))]);
      res.json(model);
    },
  ],
};
