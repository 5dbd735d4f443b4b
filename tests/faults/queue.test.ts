/** What happens to accepted predictions when the queue's server breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Ledger } from '../helpers/ledger.js';
import type { TestRedis } from '../helpers/services.js';
import type { System } from '../helpers/system.js';
import { report } from './report.js';
import { OUTAGE_MS, SOME, startFaultSetting } from './setting.js';

let redis: TestRedis;
let system: System;
let ledger: Ledger;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ redis, system, ledger, remove } = await startFaultSetting());
});

afterEach(() => remove());

it('survives Redis restarted with its data', async () => {
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    await redis.restart({ data: 'kept' });
    await ledger.acceptedMore(SOME);
  });
  report('Redis restarted', await ledger.settle(performance.now()));
});

it('survives Redis restarted empty', async () => {
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    await redis.restart({ data: 'lost' });
    await ledger.acceptedMore(SOME);
  });
  report('Redis restarted empty', await ledger.settle(performance.now()));
});

it('survives Redis killed and down for 10 s', async () => {
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    await redis.kill();
    const outage = sleep(OUTAGE_MS);
    expect(await system.untilNotReady()).toMatchObject({ queue: expect.not.stringMatching(/^ok$/) });
    await outage;
    await redis.start();
  });
  report('Redis killed, down for 10 s', await ledger.settle(performance.now()));
});

it('survives Redis hanging for 10 s', async () => {
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    redis.pause();
    await sleep(OUTAGE_MS);
    redis.resume();
  });
  report('Redis hangs for 10 s', await ledger.settle(performance.now()));
});

it('survives Redis out of memory for 10 s, and says so in few words', async () => {
  const said = () => system.workers.map(({ output }) => output.split('\n').length).reduce((a, b) => a + b, 0);
  const before = said();
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    await redis.configure('maxmemory', '1');
    const outage = sleep(OUTAGE_MS);
    expect(await system.untilNotReady()).toMatchObject({ queue: expect.stringContaining('OOM') });
    await outage;
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
