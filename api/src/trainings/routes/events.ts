/** GET /v1/trainings/{id}/events: Server-Sent Events, one per change, from where it stands to its end. */
import { z } from 'zod';
import { problems } from '../../http/describe.js';
import { onceLeft } from '../../http/left.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { presentTraining } from '../present.js';
import { trainingParams } from './trainings.js';

/** Shorter than the idle timeouts of usual proxies, which begin at 30 s. */
const HEARTBEAT_MS = 15_000;

export const trainingEvents: Route<'trainings'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/trainings/{id}/events',
    operationId: 'trainingEvents',
    summary: 'Changes of one training, as they come',
    description:
      'Server-Sent Events named `training`, each with the training as data; the stream ends with the training. Curve and log are whole in each.',
    tags: ['trainings'],
    request: { params: trainingParams },
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
      ...problems(
        'invalid-request',
        'unauthorized',
        'forbidden',
        'training-not-found',
        'database-unavailable',
      ),
    },
  },
  handlers: ({ trainings }) => [
    async (req, res) => {
      const first = await trainings.get(check(trainingParams, req.params).id);
      const left = new AbortController();
      onceLeft(res, () => left.abort());
      res.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      res.flushHeaders();
      const heartbeat = setInterval(() => res.write(': waiting\n\n'), HEARTBEAT_MS);
      try {
        for await (const training of trainings.follow(first, Number.POSITIVE_INFINITY, left.signal))
          res.write(`event: training\ndata: ${JSON.stringify(presentTraining(training))}\n\n`);
      } finally {
        clearInterval(heartbeat);
      }
      res.end();
    },
  ],
};
