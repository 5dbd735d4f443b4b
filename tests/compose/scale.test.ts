/** The containers as docker-compose.yml describes them. Run by `npm run test:compose`: needs a Docker engine. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { composeExecutable } from '@scry/stress/scale/compose';
import type { Rung } from '@scry/stress/scale/ladder';
import { downAll, execCompose, type IDockerComposeOptions, logs, upAll } from 'docker-compose';
import sharp from 'sharp';
import { freePort } from '../helpers/services.js';

const REPO = fileURLToPath(new URL('../..', import.meta.url));
const BUILD_MS = 20 * 60_000;
const HEALTHY_MS = 120_000;
const IMAGES = 300;

let options: IDockerComposeOptions;
let base: string;

async function scaleWorkers(count: number, ...more: string[]): Promise<void> {
  await upAll({ ...options, commandOptions: ['--scale', `worker=${count}`, ...more] });
  await waitUntilHealthy(count + 3);
}

/** Every container there should be is there, and says that it is well. */
async function waitUntilHealthy(count: number): Promise<void> {
  const deadline = Date.now() + HEALTHY_MS;
  for (;;) {
    const table = (await execCompose('ps', [], options)).out;
    const containers = (await execCompose('ps', ['-q'], options)).out.split('\n').filter(Boolean);
    const healthy = table.match(/\(healthy\)/g) ?? [];
    if (containers.length === count && healthy.length === count) return;
    if (Date.now() > deadline) {
      const said = await logs([], { ...options, commandOptions: ['--tail', '20'] });
      throw new Error(`${table}\n${said.out}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** An image of its own for every number: no two have the same bytes. */
function image(number: number): Promise<Buffer> {
  const background = { r: number & 255, g: (number >> 8) & 255, b: 120 };
  return sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer();
}

async function predict(number: number): Promise<PredictionView> {
  const form = new FormData();
  form.append('image', new Blob([new Uint8Array(await image(number))]), `${number}.png`);
  const response = await fetch(`${base}/v1/predictions`, {
    method: 'POST',
    headers: { Prefer: 'wait=60' },
    body: form,
  });
  expect(response.status).toBe(200);
  return (await response.json()) as PredictionView;
}

const predictMany = (from: number) =>
  Promise.all(Array.from({ length: IMAGES }, (_, index) => predict(from + index)));

const workersOf = (answers: readonly PredictionView[]) =>
  new Set(answers.map(({ metrics }) => metrics?.worker));

beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  options = {
    cwd: REPO,
    env: { ...process.env, COMPOSE_PROJECT_NAME: 'scry-test', PUBLISH: `127.0.0.1:${port}`, AUTH: 'open' },
    executable: composeExecutable(),
  };
  await scaleWorkers(3, '--build');
}, BUILD_MS);

afterAll(async () => {
  if (options) await downAll({ ...options, commandOptions: ['--volumes', '--remove-orphans'] });
}, HEALTHY_MS);

test('three workers share the work', async () => {
  const answers = await predictMany(0);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expect(workersOf(answers).size).toBe(3);
}, 120_000);

test('two workers that are taken away finish what they have, and the third does the rest', async () => {
  const [answers] = await Promise.all([predictMany(1000), scaleWorkers(1)]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expect(workersOf(await predictMany(2000)).size).toBe(1);
}, 240_000);

test('restarting everything loses no prediction', async () => {
  const before = await predict(5000);
  await downAll({ ...options });
  await scaleWorkers(1);
  const response = await fetch(`${base}/v1/predictions/${before.prediction_id}`);
  expect(((await response.json()) as PredictionView).output).toEqual(before.output);
  const stored = await fetch(`${base}/v1/predictions/${before.prediction_id}/image`);
  expect(Buffer.from(await stored.arrayBuffer())).toEqual(await image(5000));
}, 240_000);

test('the load tool scales the containers, finds the API by itself, and leaves as many workers as there were', async () => {
  await scaleWorkers(1);
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-scale-'));
  const script = path.join(REPO, 'stress/dist/cli/main.js');
  const asked = ['--workers', '1,2', '--users', '1,4', '--ramp', '0.5', '--duration', '2', '--warm-up', '1'];
  const where = ['--compose', path.join(REPO, 'docker-compose.yml'), '--report', folder];
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'scale', ...asked, ...where], {
    env: options.env,
  });
  expect(stdout).toContain(base);
  expect(stdout).toContain('as many workers as before: 1');
  const { rungs } = JSON.parse(await readFile(path.join(folder, 'scale.json'), 'utf8')) as { rungs: Rung[] };
  await rm(folder, { recursive: true });
  expect(rungs.map(({ workers }) => workers)).toEqual([1, 2]);
  expect(rungs.flatMap(({ steps }) => steps.map(({ failed }) => failed))).toEqual([0, 0, 0, 0]);
  await waitUntilHealthy(1 + 3);
}, 240_000);
