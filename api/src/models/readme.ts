/** GET /v1/models/{name}/readme: what its maker says of a model: where it comes from and how good it is. */
import { modelBlob } from '@scry/shared/models/version-content';
import { z } from 'zod';
import { problems } from '../http/describe.js';
import { Problem } from '../http/problem.js';
import type { Route } from '../http/route.js';
import { stableOf } from './model-registry.js';

export const modelReadme: Route<'models' | 'blobs'> = {
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
  handlers: ({ models, blobs }) => [
    async (req, res) => {
      const model = models.find(String(req.params.name));
      const file = stableOf(model)?.files.find(({ path }) => path === 'README.md');
      if (!file) throw new Problem('not-found', `Model "${model.name}" has no README.md in its folder.`);
      res.type('text/markdown').send((await blobs.read(modelBlob(file.sha256))).toString());
    },
  ],
};
