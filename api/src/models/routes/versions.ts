/** /v1/models/{name}/versions: what versions there are, and what can be done with one. */
import { listedVersionSchema, versionViewSchema } from '@scry/shared/contracts/version';
import type { Version } from '@scry/shared/database/model-versions';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { sendModelZip } from '../export.js';
import { modelParams, presentVersion, versionParams } from './version-view.js';

const failures = problems(
  'invalid-request',
  'unauthorized',
  'forbidden',
  'version-not-found',
  'database-unavailable',
);
const version = json(versionViewSchema, 'The version as it is now.');

async function view({ labels, serving }: Needs<'labels' | 'serving'>, found: Version) {
  return presentVersion(found, await labels.list(found.name), await serving.workers());
}

export const listVersions: Route<'versions' | 'labels' | 'serving' | 'modelFigures'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/versions',
    operationId: 'listVersions',
    summary: 'Versions of a model, newest first',
    tags: ['models'],
    request: { params: modelParams },
    responses: {
      200: json(
        z.object({ items: z.array(listedVersionSchema) }),
        'All versions, whatever their state, each with how it did lately.',
      ),
      ...problems('invalid-request', 'unknown-model', 'database-unavailable'),
    },
  },
  handlers: ({ versions, labels: allLabels, serving, modelFigures }) => [
    async (req, res) => {
      const { name } = check(modelParams, req.params);
      const [found, labels, workers] = await Promise.all([
        versions.list(name),
        allLabels.list(name),
        serving.workers(),
      ]);
      if (found.length === 0) throw new Problem('unknown-model', `There is no model "${name}".`);
      const figures = await modelFigures.ofModel(name);
      const items = found.map((one) => ({
        ...presentVersion(one, labels, workers),
        statistics: figures.versions.find(({ version }) => version === one.version) ?? null,
      }));
      res.json({ items });
    },
  ],
};

export const getVersion: Route<'versions' | 'labels' | 'serving'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/versions/{version}',
    operationId: 'getVersion',
    summary: 'One version of a model',
    tags: ['models'],
    request: { params: versionParams },
    responses: { 200: version, ...failures },
  },
  handlers: (services) => [
    async (req, res) => {
      const { name, version: wanted } = check(versionParams, req.params);
      res.json(await view(services, await services.versions.get(name, wanted)));
    },
  ],
};

/** A call that changes one version and answers with what it is then. */
function changing(
  description: Pick<Route['description'], 'method' | 'path' | 'operationId' | 'summary'>,
  change: (services: Needs<'versions'>, name: string, version: string) => Promise<Version>,
): Route<'versions' | 'labels' | 'serving'> {
  return {
    scope: 'models:write',
    description: {
      ...description,
      tags: ['models'],
      request: { params: versionParams },
      responses: { 200: version, ...failures, ...problems('version-in-use') },
    },
    handlers: (services): RequestHandler[] => [
      async (req, res) => {
        const { name, version: wanted } = check(versionParams, req.params);
        res.json(await view(services, await change(services, name, wanted)));
      },
    ],
  };
}

export const retireVersion = changing(
  {
    method: 'post',
    path: '/v1/models/{name}/versions/{version}/retire',
    operationId: 'retireVersion',
    summary: 'Take a version out of use; what was promised to it is still answered',
  },
  ({ versions }, name, wanted) => versions.retire(name, wanted, 'It was retired by request.'),
);

export const loadVersion = changing(
  {
    method: 'post',
    path: '/v1/models/{name}/versions/{version}/load',
    operationId: 'loadVersion',
    summary: 'Load a version, and keep it in memory',
  },
  ({ versions }, name, wanted) => versions.pin(name, wanted, true),
);

export const unloadVersion = changing(
  {
    method: 'post',
    path: '/v1/models/{name}/versions/{version}/unload',
    operationId: 'unloadVersion',
    summary: 'Keep a version in memory no longer; it is loaded again when it is asked for',
  },
  ({ versions }, name, wanted) => versions.pin(name, wanted, false),
);

const removalQuery = z.object({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: also when predictions wait for it; they are failed with code 560.'),
});

export const removeVersion: Route<'versions' | 'labels' | 'serving'> = {
  scope: 'models:write',
  description: {
    method: 'delete',
    path: '/v1/models/{name}/versions/{version}',
    operationId: 'removeVersion',
    summary: 'Forget a version and its files',
    tags: ['models'],
    request: { params: versionParams, query: removalQuery },
    responses: { 200: version, ...failures, ...problems('version-in-use') },
  },
  handlers: (services) => [
    async (req, res) => {
      const { name, version: wanted } = check(versionParams, req.params);
      const force = check(removalQuery, req.query).force === 'true';
      res.json(await view(services, await services.versions.remove(name, wanted, { force })));
    },
  ],
};

export const removeModel: Route<'versions'> = {
  scope: 'models:write',
  description: {
    method: 'delete',
    path: '/v1/models/{name}',
    operationId: 'removeModel',
    summary: 'Forget a model with all its versions, their files and labels',
    tags: ['models'],
    request: { params: modelParams, query: removalQuery },
    responses: {
      204: { description: 'It is gone.' },
      ...problems(
        'invalid-request',
        'unauthorized',
        'forbidden',
        'unknown-model',
        'version-in-use',
        'database-unavailable',
      ),
    },
  },
  handlers: ({ versions }) => [
    async (req, res) => {
      const { name } = check(modelParams, req.params);
      await versions.removeModel(name, { force: check(removalQuery, req.query).force === 'true' });
      res.status(204).end();
    },
  ],
};

export const exportVersion: Route<'versions' | 'blobs'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/models/{name}/versions/{version}/file',
    operationId: 'exportVersion',
    summary: 'A version as a zip of its folder, with its completed manifest',
    tags: ['models'],
    request: { params: versionParams },
    responses: {
      200: {
        description: 'A zip that can be pushed again, or unpacked under MODELS_DIR.',
        content: { 'application/zip': { schema: z.string().meta({ format: 'binary' }) } },
      },
      ...failures,
    },
  },
  handlers: ({ versions, blobs }) => [
    async (req, res) => {
      const { name, version: wanted } = check(versionParams, req.params);
      await sendModelZip(blobs, await versions.get(name, wanted), res);
    },
  ],
};
