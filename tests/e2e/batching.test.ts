/** Batches and workers on simulated devices: what a device allows is known, so what is missing is Scry's own doing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BatchingStep, measureBatching } from '@scry/stress/bench/batching';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '../helpers/services.js';

/** 350 ms a batch: eight of these leave the CPUs of any machine idle. */
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
      workers: [1, 2, 4, 8],
      seconds: 7,
    });
  }, 180_000);

  afterAll(async () => {
    await redis?.remove();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  test('no prediction fails', () => {
    expect(steps.map((step) => step.bad)).toEqual([0, 0, 0, 0]);
  });

  test('one worker reaches 95 % of what its device allows, in full batches', () => {
    expect(steps[0]?.ofBest).toBeGreaterThan(0.95);
    expect(steps[0]?.fullBatches).toBeGreaterThan(0.95);
  });

  test('2, 4 and 8 workers do at least 0.95 times as much as so many single ones', () => {
    const one = steps[0]?.perSecond ?? 0;
    for (const { workers, perSecond } of steps) {
      expect(perSecond / (workers * one)).toBeGreaterThan(0.95);
    }
  });
});
