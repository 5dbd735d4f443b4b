/** GET /v1/predictions: newest first, page by page. */
import { plainText } from '@scry/shared/contracts/plain-text';
import { predictionSchema, STATUSES } from '@scry/shared/contracts/prediction';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../http/cursor.js';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { baseUrl, present } from '../present.js';

const time = z.iso
  .datetime({ offset: true, message: 'must be a time such as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text));

const querySchema = z.strictObject({
  model: plainText(z.string().max(64)).optional(),
  status: z.enum(STATUSES).optional(),
  label: plainText(z.string().max(200)).optional().describe('The most confident class.'),
  code: z.coerce
    .number()
    .int()
    .min(500)
    .max(599)
    .optional()
    .describe('Failed with this code; see the list of codes.'),
  since: time.optional().describe('Created then or later.'),
  until: time.optional().describe('Created before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional().describe('`next` of the page before.'),
});

const pageSchema = z
  .object({
    items: z.array(predictionSchema),
    next: z.string().nullable().describe('Cursor of the next page; null at the end.'),
  })
  .meta({ id: 'PredictionPage' });

export const listPredictions: Route<'config' | 'predictions'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/predictions',
    operationId: 'listPredictions',
    summary: 'Predictions, newest first',
    tags: ['predictions'],
    request: { query: querySchema },
    responses: { 200: json(pageSchema, 'One page.'), ...problems('invalid-request', 'database-unavailable') },
  },
  handlers: ({ config, predictions }) => [
    async (req, res) => {
      const { cursor, ...filter } = check(querySchema, req.query);
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const page = await predictions.list({ ...filter, after });
      const base = baseUrl(req, config.PUBLIC_URL);
      res.set('Cache-Control', 'private, no-cache');
      res.json({
        items: page.items.map((item) => present(item, base)),
        next: page.next && writeCursor(page.next),
      });
    },
  ],
};
