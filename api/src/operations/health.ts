/** GET /healthz, /readyz and /metrics: for whoever keeps the process alive and watches it. */
import { Memo } from '@scry/shared/runtime/memo';
import { z } from 'zod';
import { json } from '../http/describe.js';
import type { Route } from '../http/route.js';

/** Longer than Prometheus waits for one. */
const LONGEST_SCRAPE_MS = 30_000;

const readinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.string()).describe('By part: "ok", or what is wrong with it.'),
  })
  .meta({ id: 'Readiness' });

export const health: Route = {
  scope: 'public',
  description: {
    method: 'get',
    path: '/healthz',
    operationId: 'health',
    summary: 'Whether the process lives',
    tags: ['operation'],
    responses: { 200: json(z.object({ status: z.literal('ok') }), 'It does.') },
  },
  handlers: () => [
    (_req, res) => {
      res.set('Cache-Control', 'no-store').json({ status: 'ok' });
    },
  ],
};

export const readiness: Route<'readiness'> = {
  scope: 'public',
  description: {
    method: 'get',
    path: '/readyz',
    operationId: 'readiness',
    summary: 'Whether the process can do its work, and what is missing',
    tags: ['operation'],
    responses: { 200: json(readinessSchema, 'It can.'), 503: json(readinessSchema, 'It cannot.') },
  },
  handlers: (services) => [
    async (_req, res) => {
      const report = await services.readiness.report();
      res
        .status(report.ready ? 200 : 503)
        .set('Cache-Control', 'no-store')
        .json(report);
    },
  ],
};

export const metrics: Route<'metrics'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Figures for Prometheus',
    tags: ['operation'],
    responses: {
      200: { description: 'In its text format.', content: { 'text/plain': { schema: z.string() } } },
    },
  },
  handlers: ({ metrics: { registry } }) => {
    // A scrape counts in the database and in the queue: those that come meanwhile share it.
    const figures = new Memo({ ask: () => registry.metrics(), freshMs: 0, joinMs: LONGEST_SCRAPE_MS });
    return [
      async (_req, res) => {
        res.type(registry.contentType).send(await figures.get());
      },
    ];
  },
};
