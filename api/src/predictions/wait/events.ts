/** GET /v1/predictions/{id}/events: Server-Sent Events, one per change of status, from where it stands to its end. */
import { CODES, isFinished, type Status } from '@scry/shared/contracts/prediction';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Response } from 'express';
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import { onceLeft } from '../../http/left.js';
import type { Needs, Route } from '../../http/route.js';
import { baseUrl, present } from '../present.js';
import { findPrediction } from '../read/find.js';
import type { Waiters, Watch } from './waiters.js';

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

/**
 * The events of a prediction as they come, to its end or that of the watch.
 * @param from stage of the last event that the client had, -1 for none
 * @param readEveryMs the row is read so often even when no change is told: that is no proof that there was none
 */
export async function* statusEvents(
  waiters: Waiters,
  watch: Watch,
  first: Prediction,
  from: number,
  readEveryMs: number,
): AsyncGenerator<Prediction> {
  let seen = from;
  let row: Prediction | null = first;
  // Read again at once after the first: it may have changed before the watch began.
  for (let reads = 0; row; row = await waiters.readAgain(row), reads++) {
    for (const event of eventsSince(row, seen)) {
      seen = stage(event.status);
      yield event;
    }
    if (isFinished(row.status)) return;
    if (reads > 0) await watch.next(readEveryMs);
    if (watch.over) return;
  }
}

async function stream(
  { waiters, config }: Needs<'waiters' | 'config'>,
  res: Response,
  first: Prediction,
  from: number,
) {
  const base = baseUrl(res.req, config.PUBLIC_URL);
  const watch = waiters.watch(first.id);
  onceLeft(res, () => watch.close());
  const heartbeat = setInterval(() => res.write(': waiting\n\n'), HEARTBEAT_MS);
  try {
    for await (const event of statusEvents(waiters, watch, first, from, HEARTBEAT_MS)) {
      const data = JSON.stringify(present(event, base));
      res.write(`id: ${stage(event.status)}\nevent: status\ndata: ${data}\n\n`);
    }
  } finally {
    clearInterval(heartbeat);
    waiters.end(watch);
  }
}

export const predictionEvents: Route<'predictions' | 'waiters' | 'config'> = {
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
