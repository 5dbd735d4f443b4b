/** What happens to accepted predictions when the queue's server breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Ledger } from '../helpers/ledger.js';
import { startRedis, type TestRedis } from '../helpers/services.js';
import { type System, startSystem } from '../helpers/system.js';
import { report } from './report.js';

let redis: TestRedis;
let system: System;
let ledger: Ledger;

beforeEach(async () => {
  const started = await startRedis();
  if (!started) throw new Error('redis-server is not installed: apt-get install redis-server');
  redis = started;
  system = await startSystem({ workers: 2, queueUrl: redis.url, workerEnv: { WORKER_THREADS: '1' } });
  ledger = await Ledger.open(system);
});

afterEach(async () => {
  await system.remove();
  await redis.remove();
});

it('survives Redis restarted with its data', async () => {
  await ledger.during(async () => {
    await sleep(1500);
    await redis.restart({ data: 'kept' });
    await sleep(1000);
  });
  report('Redis restarted', await ledger.settle(performance.now()));
});

it('survives Redis restarted empty', async () => {
  await ledger.during(async () => {
    await sleep(1500);
    await redis.restart({ data: 'lost' });
    await sleep(1000);
  });
  report('Redis restarted empty', await ledger.settle(performance.now()));
});

it('survives Redis killed and away for 10 s', async () => {
  await ledger.during(async () => {
    await sleep(1000);
    await redis.kill();
    await sleep(5000);
    const readiness = await fetch(`${system.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ checks: { queue: expect.not.stringMatching(/^ok$/) } });
    await sleep(5000);
    await redis.start();
  });
  report('Redis killed, away for 10 s', await ledger.settle(performance.now()));
});

it('survives Redis hanging for 10 s', async () => {
  await ledger.during(async () => {
    await sleep(1000);
    redis.pause();
    await sleep(10_000);
    redis.resume();
  });
  report('Redis hangs for 10 s', await ledger.settle(performance.now()));
});

it('survives Redis out of memory for 10 s, and says so in few words', async () => {
  const said = () => system.workers.map(({ output }) => output.split('\n').length).reduce((a, b) => a + b, 0);
  const before = said();
  await ledger.during(async () => {
    await sleep(1000);
    await redis.configure('maxmemory', '1');
    await sleep(5000);
    const readiness = await fetch(`${system.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ checks: { queue: expect.stringContaining('OOM') } });
    await sleep(5000);
    await redis.configure('maxmemory', '0');
  });
  report('Redis out of memory for 10 s', await ledger.settle(performance.now()));
  expect(said() - before).toBeLessThan(50);
});

it('survives being started while Redis is unavailable', async () => {
  await redis.stop();
  const processes = [system.api, ...system.workers];
  await Promise.all(processes.map((process) => process.kill()));
  await Promise.all(processes.map((process) => process.start()));
  await ledger.uploadMany(100);
  await redis.start();
  report('API and workers started while Redis is unavailable', await ledger.settle(performance.now()));
});

it('survives a job that is handed out twice', async () => {
  const queue = new Queue('scry-everyday-10@1', { connection: { url: redis.url } });
  await queue.pause();
  await ledger.uploadMany(200);
  const jobs = await queue.getJobs(['wait'], 0, 1000);
  await queue.addBulk(jobs.map(({ name, data }) => ({ name, data, opts: { jobId: `again-${data.id}` } })));
  await queue.resume();
  const tally = await ledger.settle(performance.now());
  await queue.close();
  report('every job handed to two workers', tally);
});
