/** GET /v1/models/{name}/readme: what its maker says of a model: where it comes from and how good it is. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { problems } from '../http/describe.js';
import { Problem } from '../http/problems.js';
import type { Route } from '../http/route.js';
import { findModel } from '../predictions/create/parse.js';

export const modelReadme: Route = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/readme',
    operationId: 'modelReadme',
    summary: "A model's README",
    tags: ['models'],
    request: { params: z.object({ name: z.string() }) },
    responses: {
      200: { description: 'Its README.md.', content: { 'text/markdown': { schema: z.string() } } },
      ...problems('unknown-model', 'not-found'),
    },
  },
  handlers: ({ models }) => [
    async (req, res) => {
      const { name, folder } = findModel(models, String(req.params.name));
      const text = await readFile(path.join(folder, 'README.md'), 'utf8').catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
          throw new Problem('not-found', `Model "${name}" has no README.md in its folder.`);
        },
      );
      res.type('text/markdown').send(text);
    },
  ],
};
