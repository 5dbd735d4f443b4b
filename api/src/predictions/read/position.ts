/** GET /v1/predictions/{id}/position: how many are ahead of it. Apart, because it costs more than the row itself. */
import { z } from 'zod';
import { idParams, json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { idOf } from './find.js';

/** Counted so far at the most: beyond it the exact number comforts nobody. */
const MOST = 10_000;

export const predictionPosition: Route<'statistics'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/position',
    operationId: 'predictionPosition',
    summary: 'How many predictions of the same model are ahead',
    tags: ['predictions'],
    request: { params: idParams },
    responses: {
      200: json(
        z.object({ ahead: z.int().nullable().describe(`Counted up to ${MOST}; null: it is not queued.`) }),
        'Its place.',
      ),
      ...problems('prediction-not-found', 'database-unavailable'),
    },
  },
  handlers: ({ statistics }) => [
    async (req, res) => {
      res.set('Cache-Control', 'no-store').json({ ahead: await statistics.ahead(idOf(req), MOST) });
    },
  ],
};
