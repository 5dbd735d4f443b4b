/** The worst faults in short; `npm run test:faults` has them all, under load and with figures. */
import { Ledger } from '../helpers/ledger.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../helpers/services.js';
import { type System, type SystemProcess, startSystem } from '../helpers/system.js';

const itWithRedis = redisIsInstalled() ? it : it.skip;

let redis: TestRedis | null;
let system: System;
let ledger: Ledger;

beforeAll(async () => {
  redis = await startRedis();
  system = await startSystem({
    workers: 2,
    queueUrl: redis?.url,
    workerEnv: { WORKER_THREADS: '1', WORKER_MODELS: 'everyday-10' },
  });
  ledger = await Ledger.open(system);
}, 60_000);

afterAll(async () => {
  await system.remove();
  await redis?.remove();
}, 60_000);

async function expectNothingLost(): Promise<void> {
  const tally = await ledger.settle(performance.now(), 60_000);
  expect(tally).toMatchObject({ lost: 0, doubled: 0, failed: 0, right: tally.accepted });
}

itWithRedis(
  'loses nothing when Redis comes back empty and the API dies between commit and job',
  async () => {
    redis?.pause();
    const uploads = ledger.uploadMany(24);
    while ((await ledger.committedUnanswered()) < 12) await new Promise(setImmediate);
    await system.api.kill();
    await uploads;
    redis?.resume();
    await redis?.restart({ data: 'lost' });
    await system.api.start();
    await ledger.uploadMany(8);
    await expectNothingLost();
  },
  90_000,
);

it('loses nothing and answers nothing twice when a worker is killed in the middle of its jobs', async () => {
  const victim = system.workers[0] as SystemProcess;
  await ledger.during(async () => {
    for (const before = ledger.accepted; ledger.accepted < before + 40; ) await new Promise(setImmediate);
    await victim.kill();
  });
  await victim.start();
  await expectNothingLost();
}, 90_000);
