/** GET /v1/models and /v1/models/{name}: what can be asked, and what workers serve now. */

import { type ModelView, modelListSchema, modelViewSchema } from '@scry/shared/contracts/model';
import type { LiveWorker } from '@scry/shared/database/workers';
import { expectedEngine } from '@scry/shared/models/model-folders';
import { defaultParameters, unsureBelow } from '@scry/shared/tasks/registry';
import { z } from 'zod';
import { json, problems } from '../http/describe.js';
import type { Needs, Route } from '../http/route.js';
import { type RegisteredModel, shownVersion } from './model-registry.js';
import { withoutFolders } from './public-text.js';
import { samplePath, samplesOf } from './samples.js';

function view(model: RegisteredModel, isDefault: boolean, live: readonly LiveWorker[]): ModelView {
  const shown = shownVersion(model);
  const { name, version, manifest } = shown;
  const { title = name, description, task, labels, input, output, colors } = manifest;
  const workers = live.flatMap(({ id, models }) =>
    models
      .filter((served) => served.name === name && served.loaded !== false)
      .map(({ version: loaded, engine: used, device, runtime, notes }) => ({
        id,
        version: loaded,
        engine: expectedEngine(manifest, used),
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
    versions: [...model.versions.keys()],
    shares: model.labels.map(({ label, version: pointed, weight }) => ({ label, version: pointed, weight })),
    title,
    description,
    samples: samplesOf(shown).map((_, index) => samplePath(name, index)),
    colors,
    task,
    engine: expectedEngine(manifest, workers[0]?.engine),
    default: isDefault,
    labels: [...labels],
    input: {
      width: input.width ?? null,
      height: input.height ?? null,
      channels: input.channels,
      resize: input.resize,
      crop: input.crop ?? null,
      align: input.align,
      resample: input.resample,
    },
    unsure_below: unsureBelow(task, output, labels.length),
    parameters: defaultParameters(task, output),
    serving: live.some(({ models }) => models.some((served) => served.name === name)),
    workers,
    problems: failed,
  };
}

async function views(
  { models, serving }: Needs<'models' | 'serving'>,
  registered: readonly RegisteredModel[],
): Promise<ModelView[]> {
  const live = await serving.workers();
  return registered.map((model) => view(model, model.name === models.defaultModel, live));
}

export const listModels: Route<'models' | 'serving' | 'folders'> = {
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
      const { models, defaultModel, waiting } = services.models;
      const missing = await services.folders.problem();
      res.json({
        items: await views(services, [...models.values()]),
        default: defaultModel,
        problems: [
          ...(missing === null ? [] : [{ name: 'MODELS_DIR', message: withoutFolders(missing) }]),
          ...waiting.map(({ name, version, state, reason }) => ({
            name,
            version,
            state,
            message:
              state === 'rejected' ? withoutFolders(reason ?? 'Its check failed.') : 'It is being checked.',
          })),
        ],
      });
    },
  ],
};

export const getModel: Route<'models' | 'serving'> = {
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
      const [model] = await views(services, [services.models.find(String(req.params.name))]);
      res.json(model);
    },
  ],
};
