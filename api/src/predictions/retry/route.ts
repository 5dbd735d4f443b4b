/** POST /v1/predictions/retry: failed predictions of a kind are tried again, so many at a time. */
import { plainText } from '@scry/shared/contracts/plain-text';
import express from 'express';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../http/cursor.js';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { type Retried, retry } from './retry.js';

const MOST = 200;

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const requestSchema = z
  .strictObject({
    code: z.int().min(500).max(599).optional().describe('Only those that failed with this code.'),
    model: plainText(z.string().max(64)).optional(),
    since: time.optional().describe('Created then or later.'),
    until: time.optional().describe('Created before.'),
    limit: z.int().min(1).max(MOST).default(MOST),
    cursor: z.string().max(300).optional().describe('`next` of the answer before.'),
  })
  .meta({ id: 'RetryRequest' });

const answerSchema = z
  .object({
    retried: z.array(z.object({ prediction_id: z.string(), retry_of: z.string() })),
    skipped: z.array(
      z.object({
        prediction_id: z.string(),
        reason: z
          .enum(['image', 'model', 'retried', 'overloaded'])
          .describe(
            'image: it is no longer stored; model: its version cannot be asked for; retried: by somebody else meanwhile; overloaded: too many predictions wait, try again later.',
          ),
        message: z.string(),
      }),
    ),
    next: z.string().nullable().describe('Cursor of the next ones; null: these were all.'),
  })
  .meta({ id: 'RetryAnswer' });

type Answer = z.infer<typeof answerSchema>;

function note(answer: Answer, one: Retried): void {
  if ('id' in one) answer.retried.push({ prediction_id: one.id, retry_of: one.of });
  else answer.skipped.push({ prediction_id: one.of, reason: one.skipped, message: one.message });
}

export const retryPredictions: Route<
  'storage' | 'models' | 'serving' | 'backlog' | 'queues' | 'metrics' | 'predictions' | 'retries' | 'log'
> = {
  scope: 'admin',
  description: {
    method: 'post',
    path: '/v1/predictions/retry',
    operationId: 'retryPredictions',
    summary: 'Try failed predictions again',
    description: `Newest first, ${MOST} at the most. Each becomes a new prediction with the same image and parameters, answered by what its model or label points to now; the failed one stays as it is and is not tried again. No webhook is told.`,
    tags: ['predictions'],
    request: { body: { required: true, content: { 'application/json': { schema: requestSchema } } } },
    responses: {
      200: json(answerSchema, 'What became of them.'),
      ...problems('invalid-request', 'invalid-json', 'unauthorized', 'forbidden', 'database-unavailable'),
    },
  },
  handlers: (services) => [
    express.json({ limit: '8kb', inflate: false }),
    async (req, res) => {
      const { cursor, ...filter } = check(requestSchema, req.body ?? {});
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const kind = { ...filter, status: 'failed', notRetried: true, after };
      const { items, next } = await services.predictions.list(kind);
      const answer: Answer = { retried: [], skipped: [], next: next && writeCursor(next) };
      for (const failed of items) note(answer, await retry(services, failed));
      services.log.info(
        { retried: answer.retried.length, key: req.keyId },
        'failed predictions were tried again',
      );
      res.json(answer);
    },
  ],
};
