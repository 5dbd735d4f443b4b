/** Fifty models on one worker with the settings that it has by default: each answers, whichever queue there is. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import sharp from 'sharp';
import { writeMeanColor } from '../helpers/mean-color.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../helpers/services.js';
import { type System, startSystem } from '../helpers/system.js';

const MODELS = 50;
const names = Array.from({ length: MODELS }, (_, index) => `model-${index}`);

let modelsDir: string;

beforeAll(async () => {
  modelsDir = await mkdtemp(path.join(tmpdir(), 'scry-many-models-'));
  const { folder } = await writeOne();
  for (const name of names) {
    await cp(folder, path.join(modelsDir, name), { recursive: true });
    const file = path.join(modelsDir, name, 'manifest.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...manifest, name }));
  }
  await rm(path.dirname(folder), { recursive: true });
});
afterAll(() => rm(modelsDir, { recursive: true, force: true }));

async function writeOne(): Promise<{ folder: string }> {
  const parent = path.join(modelsDir, '.template');
  await mkdir(parent);
  await writeMeanColor(parent, 'onnx, nchw');
  return { folder: path.join(parent, 'mean-onnx-nchw') };
}

/** Connections to the queue's server: by name on PostgreSQL, all of them on Redis. */
async function connections(system: System, redis: TestRedis | null): Promise<number> {
  if (redis) return redis.connections();
  const client = new pg.Client({ connectionString: system.database.url });
  await client.connect();
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name IN ('scry-jobs', 'scry-queue')`,
  );
  await client.end();
  return rows[0]?.n ?? 0;
}

describe.each(redisIsInstalled() ? (['PostgreSQL', 'Redis'] as const) : (['PostgreSQL'] as const))(
  'with jobs in %s',
  (kind) => {
    let redis: TestRedis | null = null;
    let system: System;

    beforeAll(async () => {
      if (kind === 'Redis') redis = await startRedis();
      system = await startSystem({
        queueUrl: redis?.url,
        env: { MODELS_DIR: modelsDir, WORKER_THREADS: '1' },
      });
    }, 60_000);
    afterAll(async () => {
      await system.remove();
      await redis?.remove();
    }, 60_000);

    it('every one of fifty models answers', async () => {
      const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
      const answers = await Promise.all(names.map((model) => system.predict(image, { model })));
      expect(answers.map(({ status }) => status)).toEqual(names.map(() => 'succeeded'));
      expect(new Set(answers.map(({ model }) => model.name)).size).toBe(MODELS);
      expect(answers[0]?.output?.predictions[0]).toMatchObject({ class_name: 'red' });
      expect((await fetch(`${system.url}/readyz`)).status).toBe(200);
    }, 60_000);

    it('idle models hold no connection each', async () => {
      // The worker and the API, which carries out webhooks: on Redis three each, on PostgreSQL one that listens and,
      // for ten seconds after it was used last, those of a pool.
      const most = kind === 'Redis' ? 6 : 4;
      const deadline = performance.now() + 20_000;
      while ((await connections(system, redis)) > most && performance.now() < deadline) await sleep(200);
      expect(await connections(system, redis)).toBeLessThanOrEqual(most);
    }, 30_000);
  },
);
