/** Hosts whose clocks differ by minutes, and clocks that are set back. */

import path from 'node:path';
import pg from 'pg';
import { shapesJpeg } from '../helpers/images.js';
import { Ledger } from '../helpers/ledger.js';
import { startRedis, type TestRedis } from '../helpers/services.js';
import { REPO, type System, type SystemProcess, startSystem } from '../helpers/system.js';
import { report } from './report.js';
import { SOME } from './setting.js';

const MINUTES_MS = 5 * 60_000;
const shifted = ['--import', path.join(REPO, 'tests/helpers/shift-clock.mjs')];

let redis: TestRedis;
let system: System;
let ledger: Ledger;

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
  ledger = await Ledger.open(system);
});

afterAll(async () => {
  await system.remove();
  await redis.remove();
});

it('neither loses nor expires anything when api and workers disagree by ten minutes', async () => {
  ledger.reset();
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    const worker = system.workers[0] as SystemProcess;
    await worker.kill();
    await worker.start(shifted);
    await redis.restart({ data: 'lost' });
    await ledger.acceptedMore(SOME);
  });
  report('clocks 10 min apart, a worker killed, Redis emptied', await ledger.settle(performance.now()));
});

/** Leaves what Redis and PostgreSQL hold as if their clocks had been set back: every time lies so much further ahead. */
async function setClocksBack(ms: number): Promise<void> {
  await redis.setClockBack(ms);
  const client = new pg.Client({ connectionString: system.database.url });
  await client.connect();
  const back = [ms];
  await client.query(
    `UPDATE predictions SET touched_at = touched_at + $1 * interval '1 ms', created_at = created_at + $1 * interval '1 ms'
     WHERE ended IS NULL`,
    back,
  );
  await client.query(`UPDATE workers SET seen_at = seen_at + $1 * interval '1 ms'`, back);
  await client.query(`UPDATE served_models SET served_at = served_at + $1 * interval '1 ms'`, back);
  await client.end();
}

it('ends everything when the clock is set back two hours while a worker is killed', async () => {
  ledger.reset();
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    const worker = system.workers[0] as SystemProcess;
    await worker.kill(); // its jobs' locks, and what it touched, lie in the future from now on
    await setClocksBack(2 * 3600 * 1000);
    await ledger.acceptedMore(SOME);
    await worker.start(shifted);
  });
  report('clock set back 2 h, a worker killed', await ledger.settle(performance.now()));
});

it('measures deadlines and durations by one clock', async () => {
  const prediction = await system.predict(await shapesJpeg(9), { expires_in: '30' });
  expect(prediction.status).toBe('succeeded');
  expect(prediction.metrics?.total_ms).toBeLessThan(60_000);
  expect(prediction.metrics?.queue_ms).toBeLessThan(60_000);
});
