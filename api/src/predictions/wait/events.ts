/** GET /v1/predictions/{id}/events: Server-Sent Events, one per change of status, from where it stands to its end. */
import { CODES, isFinished, type Status } from '@scry/shared/contracts/prediction';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Response } from 'express';
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import type { Services } from '../../services.js';
import { baseUrl, present } from '../present.js';
import { findPrediction } from '../read/find.js';

/** Shorter than the idle timeouts of usual proxies, which begin at 30 s. */
const HEARTBEAT_MS = 15_000;

/** How far a prediction has come; also the events' ids, so that a client that lost its connection goes on from there. */
function stage(status: Status): number {
  return status === 'queued' ? 0 : status === 'processing' ? 1 : 2;
}

/**
 * The events that a client has not had yet. A prediction may be claimed and ended before anyone looks: the row
 * still tells that it was being worked on in between.
 * @param seen stage of the last event it had, -1 for none
 */
export function eventsSince(prediction: Prediction, seen: number): Prediction[] {
  const now = stage(prediction.status);
  if (now <= seen) return [];
  const between: Prediction = {
    ...prediction,
    status: 'processing',
    code: CODES.predicting,
    output: null,
    error: null,
    metrics: null,
    completedAt: null,
  };
  return now === 2 && seen === 0 && prediction.startedAt ? [between, prediction] : [prediction];
}

function lastSeen(header: string | undefined): number {
  return header !== undefined && /^[0-2]$/.test(header) ? Number(header) : -1;
}

async function stream(services: Services, res: Response, first: Prediction, from: number): Promise<void> {
  const base = baseUrl(res.req, services.config.PUBLIC_URL);
  const watch = services.waiters.watch(first.id);
  res.once('close', () => watch.close());
  const heartbeat = setInterval(() => res.write(': waiting\n\n'), HEARTBEAT_MS);
  try {
    let seen = from;
    // Read again at once after the first: it may have changed before the watch began.
    for (let row: Prediction | null = first; row; row = await services.predictions.get(first.id)) {
      for (const event of eventsSince(row, seen)) {
        seen = stage(event.status);
        res.write(`id: ${seen}\nevent: status\ndata: ${JSON.stringify(present(event, base))}\n\n`);
      }
      if (isFinished(row.status)) break;
      if (row === first) continue;
      while (!watch.over && !(await watch.next(HEARTBEAT_MS)));
      if (watch.over) break;
    }
  } finally {
    clearInterval(heartbeat);
    services.waiters.end(watch);
  }
}

export const predictionEvents: Route = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/events',
    operationId: 'predictionEvents',
    summary: 'Changes of one prediction, as they come',
    description:
      'Server-Sent Events named `status`, each with the prediction as data; the stream ends after the last. ' +
      'With the `Last-Event-ID` of the last one, 204: there is nothing more to come.',
    tags: ['predictions'],
    request: { params: idParams, headers: z.object({ 'Last-Event-ID': z.string().optional() }) },
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
      204: { description: 'It has ended and the client knows.' },
      ...problems('prediction-not-found', 'database-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const prediction = await findPrediction(services, req);
      const seen = lastSeen(req.get('Last-Event-ID'));
      if (isFinished(prediction.status) && seen === 2) {
        res.status(204).end(); // tells an EventSource not to connect again
        return;
      }
      res.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      });
      res.flushHeaders();
      await stream(services, res, prediction, seen);
      res.end();
    },
  ],
};
