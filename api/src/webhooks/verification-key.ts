/** GET /v1/webhook-secret: what receivers of webhooks check signatures with. */
import { z } from 'zod';
import { json, problems } from '../http/describe.js';
import type { Route } from '../http/route.js';

const secretSchema = z
  .object({ secret: z.string().describe('For the `webhook-signature` of Standard Webhooks.') })
  .meta({ id: 'WebhookSecret' });

export const webhookSecret: Route<'webhooks'> = {
  scope: 'admin',
  description: {
    method: 'get',
    path: '/v1/webhook-secret',
    operationId: 'webhookSecret',
    summary: 'The secret that webhooks are signed with',
    tags: ['operation'],
    responses: { 200: json(secretSchema, 'The secret.'), ...problems('unauthorized', 'forbidden') },
  },
  handlers: ({ webhooks }) => [
    (_req, res) => {
      res.set('Cache-Control', 'no-store').json({ secret: webhooks.secret });
    },
  ],
};
