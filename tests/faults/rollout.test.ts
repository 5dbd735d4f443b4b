/**
 * Versions roll out under a constant load: pushed, tried on a tenth of the traffic, promoted, rolled back and retired, ten times.
 * Every prediction is sent when its time has come, however slow the answers are, and its latency counts from then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import sharp from 'sharp';
import { startRedis, type TestRedis } from '../helpers/services.js';
import { type System, startSystem } from '../helpers/system.js';
import { VersionClient } from '../helpers/versions.js';
import { note, report } from './report.js';

const ROUNDS = 10;
const EVERY_MS = 40;
const CALM_MS = 15_000;
/** How long both versions answer in each step of a round. */
const STEP_MS = 1000;
/** What loading leaves behind: predictions that wait for a thread. */
const AFTER_LOADING_MS = 500;

let redis: TestRedis;
let system: System;
let versions: VersionClient;
let red: Buffer;

beforeAll(async () => {
  const started = await startRedis();
  if (!started) throw new Error('redis-server is not installed: apt-get install redis-server');
  redis = started;
  system = await startSystem({ queueUrl: redis.url, workers: 2, workerEnv: { WORKER_THREADS: '1' } });
  versions = await VersionClient.open(system, 'mean');
  await versions.push('base', { label: 'stable' });
  red = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
}, 120_000);

afterAll(async () => {
  await system.remove();
  await redis.remove();
});

interface Sent {
  /** When it was to be sent. */
  readonly at: number;
  readonly latencyMs: number;
  /** The version that was promised when it was accepted, and the one that answered; null: it was refused or got lost. */
  readonly promised: string | null;
  readonly answered: PredictionView | null;
  readonly status: number;
}

async function predict(at: number): Promise<Sent> {
  const failed = { at, latencyMs: Number.POSITIVE_INFINITY, promised: null, answered: null };
  const accepted = await system.upload(red, { model: 'mean' }).catch(() => null);
  if (accepted?.status !== 202) return { ...failed, status: accepted?.status ?? 0 };
  const { prediction_id, model } = (await accepted.json()) as PredictionView;
  const answered = await system.waitFor(prediction_id).catch(() => null);
  return { at, latencyMs: performance.now() - at, promised: model.version, answered, status: 202 };
}

/** Sends predictions at a constant rate while the work is done. @returns all of them, answered or not */
async function during(work: () => Promise<void>): Promise<Sent[]> {
  const sent: Promise<Sent>[] = [];
  const timer = setInterval(() => sent.push(predict(performance.now())), EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Promise.all(sent);
}

function p99(sent: readonly Sent[]): number {
  const sorted = sent.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

it('ten versions come and go, and every prediction is answered by what it was promised', async () => {
  const loading: [from: number, to: number][] = [];
  let [began, over] = [0, 0];
  const sent = await during(async () => {
    await sleep(CALM_MS);
    began = performance.now();
    for (let round = 1; round <= ROUNDS; round++) {
      const version = String(round);
      const from = performance.now();
      expect(await versions.push(version, { label: 'canary', weight: 10 })).toMatchObject({ state: 'ready' });
      await versions.until(version, ({ loaded }) => loaded.length === system.workers.length);
      loading.push([from, performance.now() + AFTER_LOADING_MS]);
      await sleep(STEP_MS);
      await versions.call('POST', '/labels/canary/promote');
      await sleep(STEP_MS);
      await versions.call('POST', '/labels/stable/rollback');
      await sleep(STEP_MS);
      await versions.call('POST', `/versions/${version}/retire`);
    }
    over = performance.now();
    await sleep(CALM_MS);
  });
  const isLoading = ({ at }: Sent) => loading.some(([from, to]) => at >= from && at <= to);
  const rolling = sent.filter(({ at }) => at >= began && at <= over);
  const calm = p99(sent.filter(({ at }) => at < began || at > over));
  const settled = p99(rolling.filter((one) => !isLoading(one)));
  const busy = p99(rolling.filter(isLoading));
  const answers = sent.filter(({ status }) => status === 202);
  const right = answers.filter(
    ({ promised, answered }) =>
      answered?.model.version === promised &&
      answered?.output?.predictions[0]?.class_name === versions.answerOf(promised ?? ''),
  );
  const labels = new Set(answers.map(({ answered }) => answered?.model.label));
  expect(labels).toEqual(new Set(['stable', 'canary']));
  expect(new Set(answers.map(({ promised }) => promised)).size).toBe(ROUNDS + 1);
  expect(sent.filter(({ status }) => status !== 202)).toEqual([]);
  note(
    `Ten roll-outs at ${1000 / EVERY_MS} predictions/s: p99 ${Math.round(calm)} ms before and after, ${Math.round(settled)} ms while versions were tried, promoted, rolled back and retired, ${Math.round(busy)} ms in the seconds in which they were checked and loaded.`,
  );
  report(`a version pushed, tried, promoted, rolled back and retired, ${ROUNDS} times`, {
    accepted: answers.length,
    right: right.length,
    failed: answers.filter(({ answered }) => answered !== null && answered.status !== 'succeeded').length,
    lost: answers.filter(({ answered }) => answered === null).length,
    doubled: 0,
    refused: {},
    recoveryS: 0,
  });
});
