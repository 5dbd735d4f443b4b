/** POST /v1/models/{name}/versions/{version}/revise: the same files with another manifest, as a version of its own. */
import { versionViewSchema } from '@scry/shared/contracts/version';
import express from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { presentVersion, versionParams } from './version-view.js';

const revisionSchema = z
  .strictObject({
    manifest: z
      .record(z.string(), z.unknown())
      .describe(
        'Fields to change; those of `input`, `output` and `batch` one by one. null takes a field out of the manifest.',
      ),
  })
  .meta({ id: 'ModelRevision' });

export const reviseVersion: Route<'versions' | 'labels' | 'serving'> = {
  scope: 'models:write',
  description: {
    method: 'post',
    path: '/v1/models/{name}/versions/{version}/revise',
    operationId: 'reviseVersion',
    summary: 'Add a version of the same files with another manifest',
    description:
      'For settings that were guessed wrong, also those of a rejected version. The new version has no label and is checked like every other.',
    tags: ['models'],
    request: {
      params: versionParams,
      body: { required: true, content: { 'application/json': { schema: revisionSchema } } },
    },
    responses: {
      200: json(versionViewSchema, 'There is such a version already.'),
      202: json(versionViewSchema, 'The new version, being checked.'),
      ...problems(
        'invalid-request',
        'invalid-json',
        'unauthorized',
        'forbidden',
        'version-not-found',
        'database-unavailable',
      ),
    },
  },
  handlers: ({ versions, labels, serving }) => [
    express.json({ limit: '1mb' }),
    async (req, res) => {
      const { name, version } = check(versionParams, req.params);
      const { manifest } = check(revisionSchema, req.body ?? {});
      const { version: made, created } = await versions.revise(name, version, manifest, req.keyId ?? null);
      const view = presentVersion(made, await labels.list(name), await serving.workers());
      res
        .status(created ? 202 : 200)
        .location(`/v1/models/${view.model}/versions/${view.version}`)
        .json(view);
    },
  ],
};
