/** Versions of models come and go while predictions are asked for: none is lost, and each is answered by what it was promised. */

import { EventEmitter, once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { VersionView } from '@scry/shared/contracts/version';
import sharp from 'sharp';
import { keyIn } from '../helpers/keys.js';
import { writeMeanColor } from '../helpers/mean-color.js';
import { type System, startSystem } from '../helpers/system.js';

const NAME = 'mean-onnx-nchw';
const CLIENTS = 4;

let modelsDir: string;
let template: string;
let system: System;
let headers: Record<string, string>;
let image: Buffer;

beforeAll(async () => {
  modelsDir = await mkdtemp(path.join(tmpdir(), 'scry-versions-'));
  template = await mkdtemp(path.join(tmpdir(), 'scry-template-'));
  await writeMeanColor(template, 'onnx, nchw');
  await cp(path.join(template, NAME), path.join(modelsDir, NAME), { recursive: true });
  await writeFile(path.join(modelsDir, NAME, 'manifest.json'), JSON.stringify(await manifest('1')));
  system = await startSystem({ env: { MODELS_DIR: modelsDir, WORKER_THREADS: '2', MODEL_IDLE_S: '2' } });
  headers = { Authorization: `Bearer ${await keyIn(system.database, ['admin'])}` };
  image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
}, 60_000);
afterAll(async () => {
  await system.remove();
  for (const folder of [modelsDir, template]) await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Labels tell which version answered. */
async function manifest(version: string, name = NAME): Promise<object> {
  const given = JSON.parse(await readFile(path.join(template, NAME, 'manifest.json'), 'utf8')) as object;
  return {
    ...given,
    name,
    version,
    labels: ['red', 'green', 'blue'].map((color) => `${color} of ${version}`),
  };
}

async function call<T = VersionView>(method: string, where: string, body?: FormData): Promise<T> {
  const response = await fetch(`${system.url}/v1/models${where}`, { method, headers, ...(body && { body }) });
  if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const read = (version: string) => call('GET', `/${NAME}/versions/${version}`);

/** Pushes a version and waits until it is checked. */
async function push(version: string, label: string, weight = 0): Promise<VersionView> {
  const body = new FormData();
  body.set('manifest', JSON.stringify(await manifest(version)));
  body.set('label', label);
  body.set('weight', String(weight));
  const weights = await readFile(path.join(template, NAME, 'model.onnx'));
  body.set('file', new Blob([new Uint8Array(weights)]), 'model.onnx');
  await call('POST', '', body);
  return until(`${version} is checked`, async () => {
    const found = await read(version);
    return found.state === 'checking' ? null : found;
  });
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`still waiting until ${what}`);
    await sleep(50);
  }
}

async function predict(model: string): Promise<PredictionView> {
  const body = new FormData();
  body.set('model', model);
  body.set('image', new Blob([new Uint8Array(image)]), 'image.png');
  const response = await fetch(`${system.url}/v1/predictions`, {
    method: 'POST',
    headers: { Prefer: 'wait=30' },
    body,
  });
  const answer = (await response.json()) as PredictionView;
  if (!response.ok) throw new Error(`${model}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const answerOf = ({ status, output }: PredictionView) => `${status}: ${output?.predictions[0]?.class_name}`;

/** Asks without a pause while the work is done. @returns every answer */
async function during(
  work: (answered: (more: number) => Promise<void>) => Promise<void>,
): Promise<PredictionView[]> {
  const answers: PredictionView[] = [];
  const came = new EventEmitter();
  const answered = async (more: number) => {
    const enough = answers.length + more;
    while (answers.length < enough) await once(came, 'answer');
  };
  let done = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!done) {
      answers.push(await predict(NAME));
      came.emit('answer');
    }
  });
  await Promise.all([work(answered).finally(() => (done = true)), ...clients]);
  return answers;
}

it('under load, versions are pushed, tried, promoted, rolled back and retired, and every prediction is answered as promised', async () => {
  const rounds = ['2', '3', '4'];
  const answers = await during(async (answered) => {
    for (const version of rounds) {
      expect(await push(version, 'canary', 30)).toMatchObject({ state: 'ready', labels: ['canary'] });
      await until('it is loaded', async () => ((await read(version)).loaded.length > 0 ? true : null));
      await answered(3 * CLIENTS); // some predictions of both
      await call('POST', `/${NAME}/labels/canary/promote`);
      await answered(3 * CLIENTS);
      expect(await call('POST', `/${NAME}/labels/stable/rollback`)).toMatchObject({ version: '1' });
      await call('POST', `/${NAME}/versions/${version}/retire`);
    }
  });
  for (const answer of answers) expect(answerOf(answer)).toBe(`succeeded: red of ${answer.model.version}`);
  expect(new Set(answers.map(({ model }) => model.version))).toEqual(new Set(['1', ...rounds]));
  expect(new Set(answers.map(({ model }) => model.label))).toEqual(new Set(['stable', 'canary']));
}, 120_000);

it('a version without a label is loaded when it is asked for, and unloaded when nobody does', async () => {
  expect(await push('5', 'none')).toMatchObject({ state: 'ready', labels: [], loaded: [] });
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => predict(`${NAME}@5`)));
  for (const answer of [first, ...others]) expect(answer && answerOf(answer)).toBe('succeeded: red of 5');
  await until('it is loaded', async () => ((await read('5')).loaded.length > 0 ? true : null));
  await until('it is unloaded', async () => ((await read('5')).loaded.length === 0 ? true : null));
  expect(answerOf(await predict(`${NAME}@5`))).toBe('succeeded: red of 5');
}, 60_000);

it('what was promised to a version before it was retired is answered by it', async () => {
  expect(await push('6', 'none')).toMatchObject({ state: 'ready' });
  const [worker] = system.workers;
  await worker?.stop();
  const accepted = (await (await system.upload(image, { model: `${NAME}@6` })).json()) as PredictionView;
  await call('POST', `/${NAME}/versions/6/retire`);
  await worker?.start();
  const ended = await system.waitFor(accepted.prediction_id);
  expect([ended.model.version, answerOf(ended)]).toEqual(['6', 'succeeded: red of 6']);
}, 60_000);

it('a file that is no model is rejected with a sentence, and the model goes on', async () => {
  const body = new FormData();
  body.set('manifest', JSON.stringify(await manifest('bad')));
  body.set('file', new Blob(['<html>no model</html>']), 'model.onnx');
  await call('POST', '', body);
  const rejected = await until('it is checked', async () => {
    const found = await read('bad');
    return found.state === 'checking' ? null : found;
  });
  expect(rejected).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining('model.onnx is a web page'),
  });
  expect(answerOf(await predict(NAME))).toBe('succeeded: red of 1');
}, 60_000);

it('a folder that is copied in is served within seconds, and not any more when it is removed', async () => {
  const folder = path.join(modelsDir, 'copied');
  await cp(path.join(template, NAME), folder, { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(await manifest('1', 'copied')));
  const began = performance.now();
  const answer = await until('it is served', () => predict('copied').catch(() => null));
  expect(performance.now() - began).toBeLessThan(20_000);
  expect([answer.model.name, answerOf(answer)]).toEqual(['copied', 'succeeded: red of 1']);
  await rm(folder, { recursive: true });
  const status = async () => (await system.upload(image, { model: 'copied' })).status;
  await until('it is retired', async () => ((await status()) === 404 ? true : null));
}, 60_000);
