/** What `npm start`, the API and the worker say of settings that cannot be followed. Needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { startRedis, type TestRedis } from '../../helpers/services.js';
import { REPO } from '../../helpers/system.js';

const SCRIPTS = ['scripts/start.mjs', 'api/dist/main.js', 'worker/dist/main.js'];

let folder: string;
let redis: TestRedis | null;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-problems-'));
  redis = await startRedis();
});
afterAll(async () => {
  await redis?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a script to its end. */
async function run(
  script: string,
  settings: Record<string, string>,
): Promise<{ code: number; said: string }> {
  const env = {
    ...process.env,
    ...{ HOST: '127.0.0.1', PORT: '0', DATA_DIR: path.join(folder, 'data'), WORKER_MODELS: 'everyday-10' },
    DATABASE_URL: process.env.SCRY_TEST_POSTGRES,
    ...settings,
  };
  const child = spawn(process.execPath, [script], { cwd: REPO, env });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said: Buffer.concat(said).toString() };
}

test.each(SCRIPTS)('%s ends with one sentence when Redis refuses the password', async (script) => {
  if (!redis) return;
  const client = new Redis(redis.url);
  await client.config('SET', 'requirepass', 'right');
  client.disconnect();
  const url = redis.url.replace('redis://', 'redis://:wrong-one@');
  const { code, said } = await run(script, { QUEUE_URL: url });
  expect(code).toBe(1);
  expect(said).toMatch(/Redis refuses the user name or password in QUEUE_URL \(WRONGPASS/);
  expect(said).not.toMatch(/isn't writeable|\n {4}at |wrong-one/);
  const again = new Redis(url.replace('wrong-one', 'right'));
  await again.config('SET', 'requirepass', '');
  again.disconnect();
});

test.each(SCRIPTS.filter((script) => !script.startsWith('worker')))(
  '%s ends with one sentence when DATA_DIR cannot be written',
  async (script) => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const { code, said } = await run(script, { DATA_DIR: path.join(file, 'data'), QUEUE_URL: '' });
    expect(code).toBe(1);
    expect(said).toMatch(/DATA_DIR \(.*a-file\/data\) cannot be used: part of the path is a file\. Make it/);
    expect(said).not.toMatch(/\n {4}at /);
  },
);
