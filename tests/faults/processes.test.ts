/** What happens to accepted predictions when Scry's own processes die. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../helpers/ledger.js';
import type { TestRedis } from '../helpers/services.js';
import type { System, SystemProcess } from '../helpers/system.js';
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

const worker = (index: number) => system.workers[index] as SystemProcess;

it('survives workers that are killed again and again in the middle of their jobs', async () => {
  await ledger.during(async () => {
    for (let round = 0; round < 6; round++) {
      await ledger.acceptedMore(SOME);
      const victim = worker(round % 2);
      await victim.kill();
      await victim.start();
    }
  });
  report('worker killed (SIGKILL) mid-job, 6 times', await ledger.settle(performance.now()));
});

it('survives all workers gone for 10 s', async () => {
  await ledger.during(async () => {
    await Promise.all([worker(0).kill(), worker(1).kill()]);
    await sleep(OUTAGE_MS);
    await Promise.all([worker(0).start(), worker(1).start()]);
  }, 2);
  report('all workers killed, down for 10 s', await ledger.settle(performance.now()));
});

it('survives the API killed between the commit and the job', async () => {
  redis.pause(); // rows are committed, and their jobs cannot be added
  const uploads = ledger.uploadMany(60);
  while ((await ledger.committedUnanswered()) < 30) await sleep(10);
  await system.api.kill();
  await uploads;
  redis.resume();
  expect(await ledger.committedUnanswered()).toBeGreaterThanOrEqual(30);
  await system.api.start();
  const overAt = performance.now();
  await ledger.upload();
  report('API killed between commit and job', await ledger.settle(overAt));
});

it('survives the API killed during uploads, again and again', async () => {
  await ledger.during(async () => {
    for (let round = 0; round < 4; round++) {
      await ledger.acceptedMore(SOME);
      await system.api.kill();
      await system.api.start();
    }
    await ledger.acceptedMore(SOME);
  });
  report('API killed during uploads, 4 times', await ledger.settle(performance.now()));
});

it('survives the death of the API that does the maintenance, when there is another', async () => {
  const other = await system.addApi();
  await ledger.during(async () => {
    await ledger.acceptedMore(SOME);
    await system.api.kill();
    await redis.restart({ data: 'lost' }); // only maintenance can bring these jobs back
    await Promise.all(Array.from({ length: 20 }, () => ledger.upload(other.url)));
  });
  const tally = await ledger.settle(performance.now());
  await other.stop();
  await system.api.start();
  report('API with the maintenance killed and Redis emptied; another API takes over', tally);
});
