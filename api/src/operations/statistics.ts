/** GET /v1/stats, its event stream, and /v1/stats/models: how the system and its models do. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelStatisticsSchema, type Operations, operationsSchema } from '@scry/shared/contracts/statistics';
import type { Response } from 'express';
import { z } from 'zod';
import { json, problems } from '../http/describe.js';
import { onceLeft } from '../http/left.js';
import type { Route } from '../http/route.js';
import { BUCKET_S, type OperationsMonitor } from './operations.js';

export const getStatistics: Route<'operations'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/stats',
    operationId: 'statistics',
    summary: 'How the system does now and did in the last minutes',
    tags: ['operation'],
    responses: { 200: json(operationsSchema, 'The figures.'), ...problems('database-unavailable') },
  },
  handlers: ({ operations }) => [
    async (_req, res) => {
      res.set('Cache-Control', 'no-store').json(await operations.snapshot());
    },
  ],
};

/** The event of the figures that were asked for last, as bytes: however many streams send it, it is made once. */
const prepared: { figures: Operations | null; event: Buffer } = { figures: null, event: Buffer.alloc(0) };

function eventOf(figures: Operations): Buffer {
  if (prepared.figures !== figures) {
    prepared.figures = figures;
    prepared.event = Buffer.from(`event: operations\ndata: ${JSON.stringify(figures)}\n\n`);
  }
  return prepared.event;
}

/** Sends the figures again and again until the client leaves or the process stops. */
async function stream(operations: OperationsMonitor, res: Response): Promise<void> {
  const left = new AbortController();
  onceLeft(res, () => left.abort());
  const signal = AbortSignal.any([left.signal, operations.closing]);
  while (!signal.aborted) {
    const flows = res.write(eventOf(await operations.snapshot()));
    // A client that does not keep up gets fewer, not a queue of old ones.
    const rested = sleep(BUCKET_S * 1000, undefined, { signal });
    await Promise.all(flows ? [rested] : [rested, once(res, 'drain', { signal })]).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }
}

export const statisticsEvents: Route<'operations'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/stats/events',
    operationId: 'statisticsEvents',
    summary: 'The same, as it changes',
    description: 'Server-Sent Events named `operations`, every two seconds.',
    tags: ['operation'],
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
      ...problems('database-unavailable'),
    },
  },
  handlers: ({ operations }) => [
    async (_req, res) => {
      await operations.snapshot(); // fails as a problem document, while that is still possible
      res.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      res.flushHeaders();
      await stream(operations, res);
      res.end();
    },
  ],
};

export const modelStatistics: Route<'models' | 'modelFigures'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/stats/models',
    operationId: 'modelStatistics',
    summary: 'How each model, and each of its versions, did lately',
    tags: ['models'],
    responses: {
      200: json(z.object({ items: z.array(modelStatisticsSchema) }), 'One entry per model.'),
      ...problems('database-unavailable'),
    },
  },
  handlers: ({ models, modelFigures }) => [
    async (_req, res) => {
      res.json({ items: await modelFigures.all(models.models.keys()) });
    },
  ],
};
