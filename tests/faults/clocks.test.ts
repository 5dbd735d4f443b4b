/** Hosts whose clocks differ by minutes. */

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shapesJpeg } from '../helpers/images.js';
import { Ledger } from '../helpers/ledger.js';
import { startRedis, type TestRedis } from '../helpers/services.js';
import { REPO, type System, type SystemProcess, startSystem } from '../helpers/system.js';
import { report } from './report.js';

const MINUTES_MS = 5 * 60_000;
const shifted = ['--import', path.join(REPO, 'tests/helpers/shift-clock.mjs')];

let redis: TestRedis;
let system: System;

beforeAll(async () => {
  const started = await startRedis();
  if (!started) throw new Error('redis-server is not installed: apt-get install redis-server');
  redis = started;
  system = await startSystem({
    workers: 2,
    queueUrl: redis.url,
    env: { SCRY_TEST_CLOCK_SHIFT_MS: String(-MINUTES_MS) },
    workerEnv: { WORKER_THREADS: '1', SCRY_TEST_CLOCK_SHIFT_MS: String(MINUTES_MS) },
    nodeArguments: { api: shifted, worker: shifted },
  });
});

afterAll(async () => {
  await system.remove();
  await redis.remove();
});

it('neither loses nor expires anything when api and workers disagree by ten minutes', async () => {
  const ledger = await Ledger.open(system);
  await ledger.during(async () => {
    await sleep(1500);
    const worker = system.workers[0] as SystemProcess;
    await worker.kill();
    await worker.start(shifted);
    await redis.restart({ data: 'lost' });
    await sleep(1000);
  });
  report('clocks 10 min apart, a worker killed, Redis emptied', await ledger.settle(performance.now()));
});

it('measures deadlines and durations by one clock', async () => {
  const prediction = await system.predict(await shapesJpeg(9), { expires_in: '30' });
  expect(prediction.status).toBe('succeeded');
  expect(prediction.metrics?.total_ms).toBeLessThan(60_000);
  expect(prediction.metrics?.queue_ms).toBeLessThan(60_000);
});
