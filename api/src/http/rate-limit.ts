/** How many predictions one client may create per minute: counted in Redis where the queue is there, else per process. */
import { createHash } from 'node:crypto';
import { PREDICTION_ID } from '@scry/shared/contracts/prediction';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { JobServer } from '@scry/shared/queue/server';
import type { Logger } from '@scry/shared/runtime/log';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { Problem } from './problems.js';

const WINDOW_MS = 60_000;

type Command = NonNullable<JobServer['command']>;

/**
 * The store keeps the first answer to SCRIPT LOAD for ever, also when it was an error. The answer is known without
 * Redis: it is the script's SHA-1. A Redis that has not got the script says so, and the store loads it then.
 */
function sending(command: Command): (...words: string[]) => Promise<RedisReply> {
  return async (...words) => {
    const reply = command(...words);
    const [name, verb, script] = words;
    if (name !== 'SCRIPT' || verb !== 'LOAD') return (await reply) as RedisReply;
    return (await reply.catch(() =>
      createHash('sha1')
        .update(script ?? '')
        .digest('hex'),
    )) as RedisReply;
  };
}

export interface LimitParts {
  readonly predictions: Pick<PredictionStore, 'get'>;
  readonly jobs: JobServer;
  readonly log: Logger;
}

/** A PUT under an id that exists creates nothing, and must be safe to repeat. */
async function isRepeat(predictions: LimitParts['predictions'], req: Request): Promise<boolean> {
  const id = String(req.params.id);
  return req.method === 'PUT' && PREDICTION_ID.test(id) && (await predictions.get(id)) !== null;
}

/**
 * Makes the check that stands before creating.
 * @param perMinute 0: no limit
 * @returns a handler that throws Problem "rate-limited" and sets `RateLimit` headers. While Redis is unavailable it counts
 *   nothing and lets everybody through: a limit is not worth an outage.
 */
export function limitCreates(perMinute: number, { predictions, jobs, log }: LimitParts): RequestHandler {
  if (perMinute === 0) return (_req, _res, next) => next();
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'creates',
    passOnStoreError: true,
    skip: (req) => isRepeat(predictions, req),
    logger: {
      error: (error, text) => log.debug({ error }, text),
      warn: (error, text) => log.warn({ error }, text),
    },
    keyGenerator: (req) => (req.keyId ? `key:${req.keyId}` : ipKeyGenerator(req.ip ?? 'unknown')),
    ...(jobs.command && {
      store: new RedisStore({ prefix: 'scry-rate:', sendCommand: sending(jobs.command) }),
    }),
    handler: () => {
      throw new Problem(
        'rate-limited',
        `A client may create ${perMinute} predictions per minute. Wait, and send it again.`,
        { values: { per_minute: perMinute } },
      );
    },
  });
}
