/** GET /v1/models/{name}/unsure: what a model is least sure of, which is what is best labelled next. */
import { DATASET_ID } from '@scry/shared/contracts/dataset';
import { plainText } from '@scry/shared/contracts/plain-text';
import { predictionSchema } from '@scry/shared/contracts/prediction';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { baseUrl, present } from '../present.js';

/** How many of a model's newest answers are looked at: some tens of milliseconds of reading. */
const NEWEST = 5000;

const params = z.object({ name: plainText(z.string().max(64)) });
const querySchema = z.strictObject({
  version: plainText(z.string().max(64)).optional().describe('Only answers of this version.'),
  dataset: z
    .string()
    .regex(DATASET_ID, 'must be an id that was given out')
    .optional()
    .describe('Leaves out images that this data set has.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const listUnsure: Route<'config' | 'predictions' | 'storage'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/models/{name}/unsure',
    operationId: 'unsurePredictions',
    summary: 'Predictions that a model was least sure of',
    description: `Lowest confidence of the best class first, among the newest ${NEWEST} answers; each image once, without those whose right label was reported and those whose image is not kept any more.`,
    tags: ['models'],
    request: { params, query: querySchema },
    responses: {
      200: json(
        z.object({ items: z.array(predictionSchema) }),
        'The predictions; none for a model without any.',
      ),
      ...problems('invalid-request', 'unauthorized', 'forbidden', 'database-unavailable'),
    },
  },
  handlers: ({ config, predictions, storage }) => [
    async (req, res) => {
      const { name } = check(params, req.params);
      const query = check(querySchema, req.query);
      const found = await predictions.unsure({ ...query, model: name, newest: NEWEST });
      const kept = await Promise.all(found.map(({ image }) => storage.has(image.sha256)));
      const base = baseUrl(req, config.PUBLIC_URL);
      res.set('Cache-Control', 'private, no-cache');
      res.json({ items: found.filter((_, index) => kept[index]).map((item) => present(item, base)) });
    },
  ],
};
