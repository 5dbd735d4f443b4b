/**
 * Whether much data makes a single prediction slow: times of creating, polling and listing with an empty database,
 * and again beside a million finished and a hundred thousand queued predictions; then the memory of every process
 * over a hundred thousand predictions.
 */
import { createApiKey } from '@scry/shared/contracts/api-key';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { openDatabase } from '@scry/shared/database/database';
import { createLogger } from '@scry/shared/runtime/log';
import pg from 'pg';
import { Pool } from 'undici';
import { distinct, type Image } from '../load/images.js';
import { Latency, type LatencySummary } from '../load/latency.js';
import { runLoad } from '../load/run.js';
import { ScryTarget } from '../load/scry-target.js';
import { type MemoryParts, type MemoryReading, readMemory } from './memory.js';
import { settle } from './settle.js';
import { fill } from './volume-rows.js';

/** The model that is asked, and the one that nobody serves, whose predictions wait. */
export const SERVED = 'identity';
export const WAITING = 'resnet-50';

export interface VolumeOptions {
  readonly url: string;
  readonly databaseUrl: string;
  readonly images: readonly Image[];
  readonly memoryParts: MemoryParts;
  readonly finishedRows: number;
  readonly queuedRows: number;
  /** Calls of each kind that are timed. */
  readonly calls: number;
  /** Predictions over which memory is watched. */
  readonly predictions: number;
  readonly users: number;
  readonly say: (sentence: string) => void;
}

export interface Calls {
  readonly create: LatencySummary;
  readonly poll: LatencySummary;
  readonly list: LatencySummary;
  readonly listOfModel: LatencySummary;
}

export interface MemorySample {
  readonly predictions: number;
  readonly memory: MemoryReading;
}

export interface VolumeResult {
  readonly finishedRows: number;
  readonly queuedRows: number;
  readonly before: Calls;
  readonly after: Calls;
  readonly memory: readonly MemorySample[];
  readonly perSecond: number;
  readonly bad: number;
  readonly reasons: readonly string[];
}

const DEADLINE_MS = 60_000;
const SAMPLE_MS = 2000;

/** Listing needs a key even where predicting needs none. */
async function makeKey(databaseUrl: string): Promise<string> {
  const log = createLogger('bench', 'warn');
  const database = openDatabase(databaseUrl, { max: 1, name: 'scry-bench', log });
  const { id, text, secretHash } = createApiKey();
  await new ApiKeyStore(database).create({
    id,
    name: 'bench',
    secretHash,
    scopes: ['read'],
    expiresInS: null,
  });
  await database.close();
  return text;
}

/** Times one call after the other. @throws Error when one is not answered as it should be */
async function timeCalls(options: VolumeOptions & { readonly key: string }): Promise<Calls> {
  const { url, images, calls, key } = options;
  const headers = { authorization: `Bearer ${key}` };
  const target = new ScryTarget({ url, mode: 'wait', connections: 4 });
  const pool = new Pool(url, { connections: 4 });
  const [create, poll, list, listOfModel] = [new Latency(), new Latency(), new Latency(), new Latency()];
  const get = async (path: string, into: Latency): Promise<unknown> => {
    const start = performance.now();
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
    const answer = await body.json();
    if (statusCode !== 200) throw new Error(`GET ${path} answered ${statusCode}`);
    into.record(performance.now() - start);
    return answer;
  };
  let serial = Date.now() * 1000;
  for (let call = 0; call < calls; call++) {
    const image = distinct(images[call % images.length] as Image, serial++);
    const start = performance.now();
    const ending = await target.predict(image, SERVED, DEADLINE_MS);
    if (ending.kind !== 'answered') throw new Error(ending.reason);
    create.record(performance.now() - start);
    const newest = (await get('/v1/predictions?limit=50', list)) as { items?: { prediction_id: string }[] };
    await get(`/v1/predictions?limit=50&model=${SERVED}`, listOfModel);
    const id = newest.items?.[0]?.prediction_id;
    await get(`/v1/predictions/${id}`, poll);
  }
  await target.close();
  await pool.close();
  return {
    create: create.summary(),
    poll: poll.summary(),
    list: list.summary(),
    listOfModel: listOfModel.summary(),
  };
}

/** Sends many predictions and reads memory on the way. */
async function watchMemory(
  options: VolumeOptions,
): Promise<Pick<VolumeResult, 'memory' | 'perSecond' | 'bad' | 'reasons'>> {
  const { url, images, memoryParts, predictions, users, say } = options;
  const target = new ScryTarget({ url, mode: 'wait', connections: 2 * users });
  const samples: MemorySample[] = [];
  const enough = new AbortController();
  let sampledAt = 0;
  const result = await runLoad({
    target,
    images,
    models: [SERVED],
    load: { kind: 'users', users },
    rampS: 1,
    durationS: 24 * 3600,
    deadlineMs: DEADLINE_MS,
    distinct: true,
    signal: enough.signal,
    onProgress: (recorder, elapsedMs) => {
      if (recorder.ended >= predictions) enough.abort();
      if (elapsedMs - sampledAt < SAMPLE_MS) return;
      sampledAt = elapsedMs;
      samples.push({ predictions: recorder.ended, memory: readMemory(memoryParts) });
      if (samples.length % 10 === 0) say(`${recorder.ended} of ${predictions} predictions`);
    },
  });
  await target.close();
  const seconds = Math.max(1, result.seconds.length);
  return {
    memory: samples,
    perSecond: result.answered / seconds,
    bad: result.failed + result.refused,
    reasons: result.reasons.map(({ reason, count }) => `${count} × ${reason}`),
  };
}

/** @throws Error when a call fails */
export async function measureVolume(options: VolumeOptions): Promise<VolumeResult> {
  const { databaseUrl, finishedRows, queuedRows, say } = options;
  const key = await makeKey(databaseUrl);
  await timeCalls({ ...options, key, calls: 50 }); // connections, prepared statements and compiled code are there from here on
  const before = await timeCalls({ ...options, key });
  say('empty database measured; writing rows');
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await fill(client, { finishedRows, queuedRows, served: SERVED, waiting: WAITING });
    say('rows written; waiting until every queued one has a job');
    await settle(options.url, WAITING, queuedRows);
  } finally {
    await client.end();
  }
  const after = await timeCalls({ ...options, key });
  say('full database measured; watching memory');
  return { finishedRows, queuedRows, before, after, ...(await watchMemory(options)) };
}
