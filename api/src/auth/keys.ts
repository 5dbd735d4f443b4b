/** /v1/keys: API keys are made, listed and revoked. A key's secret is shown once, in the answer that makes it. */
import { createApiKey, scopeSchema } from '@scry/shared/contracts/api-key';
import { plainText } from '@scry/shared/contracts/plain-text';
import type { ApiKey } from '@scry/shared/database/api-keys';
import express from 'express';
import { z } from 'zod';
import { json, problems } from '../http/describe.js';
import { Problem } from '../http/problems.js';
import type { Route } from '../http/route.js';
import { check } from '../http/validate.js';

const DAY_S = 24 * 3600;

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(scopeSchema),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().describe('Exact to about ten seconds.'),
  })
  .meta({ id: 'ApiKey' });

const newKeySchema = z
  .strictObject({
    name: plainText(z.string().min(1).max(100)).describe('Who or what it is for.'),
    scopes: z.array(scopeSchema).min(1).default(['predict']),
    expires_in_days: z.number().positive().max(3650).optional().describe('Left out: it does not expire.'),
  })
  .meta({ id: 'NewApiKey' });

const madeSchema = keySchema
  .extend({ key: z.string().describe('The key itself. It is shown only here.') })
  .meta({ id: 'MadeApiKey' });

const idSchema = z.object({ id: plainText(z.string().max(64)) });

function view(key: ApiKey): z.infer<typeof keySchema> {
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}

export const listKeys: Route<'keys'> = {
  scope: 'admin',
  description: {
    method: 'get',
    path: '/v1/keys',
    operationId: 'listKeys',
    summary: 'API keys, newest first',
    tags: ['keys'],
    responses: {
      200: json(z.object({ items: z.array(keySchema) }), 'All keys, without their secrets.'),
      ...problems('unauthorized', 'forbidden', 'database-unavailable'),
    },
  },
  handlers: ({ keys }) => [
    async (_req, res) => {
      res.set('Cache-Control', 'no-store').json({ items: (await keys.list()).map(view) });
    },
  ],
};

export const createKey: Route<'keys'> = {
  scope: 'admin',
  description: {
    method: 'post',
    path: '/v1/keys',
    operationId: 'createKey',
    summary: 'Make an API key',
    tags: ['keys'],
    request: { body: { required: true, content: { 'application/json': { schema: newKeySchema } } } },
    responses: {
      201: json(madeSchema, 'The key. Its secret is shown only here.'),
      ...problems('invalid-request', 'invalid-json', 'unauthorized', 'forbidden', 'database-unavailable'),
    },
  },
  handlers: ({ keys }) => [
    express.json({ limit: '8kb', inflate: false }),
    async (req, res) => {
      const { name, scopes, expires_in_days } = check(newKeySchema, req.body ?? {});
      const { id, text, secretHash } = createApiKey();
      const expiresInS = expires_in_days === undefined ? null : expires_in_days * DAY_S;
      const key = await keys.create({ id, name, secretHash, scopes: [...new Set(scopes)], expiresInS });
      res
        .status(201)
        .set('Cache-Control', 'no-store')
        .json({ ...view(key), key: text });
    },
  ],
};

export const revokeKey: Route<'keys' | 'authenticator'> = {
  scope: 'admin',
  description: {
    method: 'delete',
    path: '/v1/keys/{id}',
    operationId: 'revokeKey',
    summary: 'Revoke an API key, for good',
    tags: ['keys'],
    request: { params: idSchema },
    responses: {
      200: json(keySchema, 'The key as it is now. Other API processes refuse it within five seconds.'),
      ...problems('unauthorized', 'forbidden', 'key-not-found', 'database-unavailable'),
    },
  },
  handlers: ({ keys, authenticator }) => [
    async (req, res) => {
      const { id } = check(idSchema, req.params);
      const key = await keys.revoke(id);
      if (!key) throw new Problem('key-not-found', `There is no key "${id}". GET /v1/keys lists them.`);
      authenticator.forget(id);
      res.set('Cache-Control', 'no-store').json(view(key));
    },
  ],
};
