/** Waits for a server to be what a measurement needs: so many workers, and nothing left over from the last one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operations } from '@scry/shared/contracts/statistics';
import { request } from 'undici';

const PATIENCE_MS = 5 * 60_000;
const LOOK_EVERY_MS = 250;

type Seen = Pick<Operations, 'workers' | 'unfinished'>;

/** What is still missing, as a sentence, or null when nothing is. */
export function missing({ workers, unfinished }: Seen, count: number): string | null {
  const serving = workers.filter((worker) => worker.models.length > 0).length;
  if (serving !== count) return `${serving} of ${count} workers serve`;
  const left = Object.values(unfinished).reduce((sum, predictions) => sum + predictions, 0);
  return left > 0 ? `${left} predictions are unfinished; does anybody else use this system?` : null;
}

/**
 * What the server says of itself, or null when it does not answer yet.
 * @throws Error when it wants a key, or another one
 */
async function look(url: string, apiKey?: string): Promise<Seen | null> {
  const headers = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  const answer = await request(new URL('/v1/stats', url), { headers }).catch(() => null); // not up yet
  if (answer === null) return null;
  const { statusCode, body } = answer;
  if (statusCode === 200) return (await body.json()) as Seen;
  await body.dump();
  if (statusCode !== 401 && statusCode !== 403) return null;
  throw new Error(
    `${url} answered ${statusCode}: ${apiKey ? 'it does not know this --api-key' : 'it wants a key: give --api-key'}. ` +
      'One for predicting is made with "npm run keys -- create --name stress --scopes predict", or, in containers, ' +
      '"docker-compose exec api node api/dist/auth/keys-command.js create --name stress --scopes predict".',
  );
}

/** @throws Error when the server wants a key that was not given; a server that does not answer yet is none */
export async function checkKey(url: string, apiKey?: string): Promise<void> {
  await look(url, apiKey);
}

/**
 * Resolves when exactly so many workers serve and no prediction is unfinished.
 * @throws Error saying what is missing after five minutes, or when the signal aborts
 */
export async function awaitWorkers(
  url: string,
  count: number,
  apiKey?: string,
  signal?: AbortSignal,
): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look(url, apiKey);
    const lacking = seen === null ? 'it does not answer' : missing(seen, count);
    if (lacking === null) return;
    if (performance.now() > until)
      throw new Error(`${url} is not ready after ${PATIENCE_MS / 60_000} minutes: ${lacking}.`);
    await sleep(LOOK_EVERY_MS, undefined, signal ? { signal } : {});
  }
}
