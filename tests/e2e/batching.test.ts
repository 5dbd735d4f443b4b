/**
 * Batches on simulated devices: what a device allows is known, so what is missing is Scry's own doing. How much of its
 * throughput is reached, with one and more workers, is measured by `npm run bench -- batching`; what must hold on any
 * machine, however busy, is tested here.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BatchingStep, measureBatching } from '@scry/stress/bench/batching';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '../helpers/services.js';

/** 350 ms a batch: time enough for the next one to be ready, on any machine. */
const DEVICE = { a: 150, b: 50 };
const MAX_BATCH = 4;

describe('with devices that take a + b·n ms for a batch of n', () => {
  let folder: string;
  let database: TestDatabase;
  let redis: TestRedis | null;
  let steps: BatchingStep[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-batching-'));
    database = await createDatabase();
    redis = await startRedis();
    steps = await measureBatching({
      services: { databaseUrl: database.url, queueUrl: redis?.url ?? database.url },
      folder,
      device: DEVICE,
      maxBatch: MAX_BATCH,
      workers: [1, 2],
      seconds: 4,
    });
  }, 180_000);

  afterAll(async () => {
    await redis?.remove();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  test('no prediction fails', () => {
    expect(steps.map((step) => step.bad)).toEqual([0, 0]);
  });

  test('a device that is kept busy gets full batches', () => {
    expect(steps[0]?.fullBatches).toBeGreaterThan(0.9);
  });
});
