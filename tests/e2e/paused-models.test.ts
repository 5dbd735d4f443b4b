/** A model that is paused: its predictions are accepted and wait, others are answered, and all are when it runs again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { jpeg } from '../helpers/app.js';
import { keyIn } from '../helpers/keys.js';
import { writeMeanColor } from '../helpers/mean-color.js';
import { startRedis, type TestRedis } from '../helpers/services.js';
import { type System, startSystem } from '../helpers/system.js';

const PAUSED = 'mean-onnx-nchw';
const OTHER = 'mean-onnx-nhwc';

let modelsDir: string;
let redis: TestRedis | null;
let system: System;
let headers: Record<string, string>;

beforeAll(async () => {
  redis = await startRedis();
  modelsDir = await mkdtemp(path.join(tmpdir(), 'scry-paused-'));
  await writeMeanColor(modelsDir, 'onnx, nchw');
  await writeMeanColor(modelsDir, 'onnx, nhwc');
});
afterAll(async () => {
  await redis?.remove();
  await rm(modelsDir, { recursive: true, force: true });
});
afterEach(() => system.remove());

async function send(model: string, seed: number, wait = 0): Promise<PredictionView> {
  const body = new FormData();
  body.set('image', new Blob([new Uint8Array(await jpeg(seed))]), 'image.jpg');
  body.set('model', model);
  const init = { method: 'POST', body, headers: wait > 0 ? { Prefer: `wait=${wait}` } : {} };
  return (await (await fetch(`${system.url}/v1/predictions`, init)).json()) as PredictionView;
}

async function set(state: string): Promise<void> {
  const response = await fetch(`${system.url}/v1/models/${PAUSED}/queue`, {
    method: 'PUT',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ state }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Resolves when the worker has heard of the pause: then a prediction of the model is not answered before others that came later. */
async function untilTold(): Promise<void> {
  for (let seed = 100; ; seed++) {
    const { prediction_id: id } = await send(PAUSED, seed);
    for (const later of [1, 2]) await send(OTHER, seed + later * 1000, 60);
    const found = await fetch(`${system.url}/v1/predictions/${id}`);
    if (((await found.json()) as PredictionView).status === 'queued') return;
  }
}

test.each(['postgres', 'redis'])(
  'predictions of a paused model wait in a queue on %s, and are answered when it runs again',
  async (kind) => {
    if (kind === 'redis' && !redis) return;
    const queueUrl = kind === 'redis' ? redis?.url : undefined;
    system = await startSystem({ queueUrl, env: { MODELS_DIR: modelsDir, WORKER_THREADS: '1' } });
    headers = { Authorization: `Bearer ${await keyIn(system.database, ['admin'])}` };
    expect(await send(PAUSED, 1, 60)).toMatchObject({ status: 'succeeded' });
    expect(await send(OTHER, 1, 60)).toMatchObject({ status: 'succeeded' });

    await set('paused');
    await untilTold();
    const waiting = await Promise.all([1, 2, 3].map((seed) => send(PAUSED, 10 + seed)));
    expect(await send(OTHER, 20, 60)).toMatchObject({ status: 'succeeded' });
    for (const { prediction_id: id } of waiting) {
      const now = await fetch(`${system.url}/v1/predictions/${id}`);
      expect(await now.json()).toMatchObject({ status: 'queued' });
    }

    await set('running');
    for (const { prediction_id: id } of waiting) {
      const ended = await fetch(`${system.url}/v1/predictions/${id}?wait=60`);
      expect(await ended.json()).toMatchObject({ status: 'succeeded' });
    }
  },
  120_000,
);
