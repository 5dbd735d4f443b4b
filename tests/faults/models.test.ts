/** What happens to versions of models, and to predictions meanwhile, when processes die or models misbehave. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VersionView } from '@scry/shared/contracts/version';
import { openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import sharp from 'sharp';
import { Ledger } from '../helpers/ledger.js';
import { quiet, startRedis, type TestRedis } from '../helpers/services.js';
import { type System, type SystemProcess, startSystem } from '../helpers/system.js';
import { VersionClient } from '../helpers/versions.js';
import { report } from './report.js';

let redis: TestRedis;
let system: System;
let ledger: Ledger;
let versions: VersionClient;
let folder: string;
let red: Buffer;

beforeEach(async () => {
  const started = await startRedis();
  if (!started) throw new Error('redis-server is not installed: apt-get install redis-server');
  redis = started;
  folder = await mkdtemp(path.join(tmpdir(), 'scry-loading-'));
  system = await startSystem({
    queueUrl: redis.url,
    workers: 2,
    workerScript: 'tests/helpers/engines/slow-loading-worker.mjs',
    workerEnv: {
      WORKER_THREADS: '1',
      MODEL_CHECK_TIMEOUT_S: '10',
      MODEL_CHECK_MEMORY_BYTES: String(700 << 20),
    },
  });
  ledger = await Ledger.open(system);
  versions = await VersionClient.open(system, 'mean');
  red = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
});

afterEach(async () => {
  await system.remove();
  await redis.remove();
  await rm(folder, { recursive: true, force: true });
});

async function answerOf(model: string): Promise<string | undefined> {
  return (await system.predict(red, { model })).output?.predictions[0]?.class_name;
}

const workers = async () =>
  (await versions.call<{ items: VersionView[] }>('GET', '/versions')).items.flatMap(({ version, loaded }) =>
    loaded.map(({ worker }) => `${worker}: ${version}`),
  );

it('a worker that is killed while it loads a version leaves it to the other, and loads it when it is back', async () => {
  await versions.push('1', { label: 'stable' });
  const gate = path.join(folder, 'go');
  let victim: SystemProcess | undefined;
  await ledger.during(async () => {
    await versions.push('2', { label: 'stable', manifest: { description: `waits for ${gate}` } });
    const accepted = await system.upload(red, { model: 'mean' }); // promised to version 2, which nobody has loaded
    const { prediction_id } = (await accepted.json()) as { prediction_id: string };
    while (!victim) {
      victim = system.workers.find(({ pid }) => existsSync(`${gate}.${pid}`));
      await sleep(20);
    }
    await victim.kill();
    await writeFile(gate, '');
    const answer = await system.waitFor(prediction_id);
    expect([answer.model.version, answer.output?.predictions[0]?.class_name]).toEqual(['2', 'red of 2']);
    await victim.start();
    while ((await workers()).filter((loaded) => loaded.endsWith(': 2')).length < 2) await sleep(50);
  });
  report('worker killed (SIGKILL) while it loads a version', await ledger.settle(performance.now()));
});

it('a version whose API is killed between its upload and its check is checked all the same', async () => {
  await ledger.uploadMany(20);
  redis.pause(); // the row is committed, and the check cannot be asked for
  const pushing = versions.send('1', { label: 'stable' }).catch(() => null);
  const database = openDatabase(system.database.url, { max: 1, name: 'test', log: quiet });
  const store = new ModelVersionStore(database);
  while ((await store.list({ name: 'mean' })).length === 0) await sleep(10);
  await database.close();
  await system.api.kill();
  expect(await pushing).toBeNull();
  redis.resume();
  await system.api.start();
  const overAt = performance.now();
  expect(await versions.checked('1')).toMatchObject({ state: 'ready', labels: ['stable'] });
  expect(await (await versions.send('1', { label: 'stable' })).json()).toMatchObject({ version: '1' });
  expect(await answerOf('mean')).toBe('red of 1');
  await ledger.uploadMany(20);
  report('API killed between the upload of a version and its check', await ledger.settle(overAt));
});

it('one file that is uploaded many times at once, to two API processes, is one version', async () => {
  const other = await system.addApi();
  const statuses: number[] = [];
  await ledger.during(async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        versions.send('1', { label: 'stable', url: index % 2 ? other.url : system.url, ballast: 1 << 20 }),
      ),
    );
    for (const answer of answers) {
      statuses.push(answer.status);
      expect(await answer.json()).toMatchObject({ model: 'mean', version: '1' });
    }
    expect(await versions.checked('1')).toMatchObject({ state: 'ready', files: [{}, {}] });
    expect(await answerOf('mean')).toBe('red of 1');
  }, 4);
  expect(statuses.sort()).toEqual([...Array(11).fill(200), 202]);
  expect(await readdir(path.join(system.dataDir, 'blobs', 'incoming'))).toEqual([]);
  const tally = await ledger.settle(performance.now());
  await other.stop();
  report('one model uploaded 12 times at once, through two APIs', tally);
});

it('a version that crashes, hangs or eats memory in its check is rejected, and the workers live on', async () => {
  const pids = system.workers.map(({ pid }) => pid);
  await ledger.during(async () => {
    const bad = ['crashes', 'hangs', 'eats memory'];
    const checked = await Promise.all(
      bad.map((description, index) => versions.push(`bad-${index}`, { manifest: { description } })),
    );
    expect(checked.map(({ state, reason }) => [state, reason])).toEqual([
      ['rejected', expect.stringContaining('made the process end (SIGSEGV)')],
      ['rejected', expect.stringContaining('took longer than 10 s')],
      ['rejected', expect.stringContaining('takes more than 700 MiB of memory')],
    ]);
    await versions.push('1', { label: 'stable' });
    expect(await answerOf('mean')).toBe('red of 1');
  }, 4);
  const ended = system.workers.map(({ end }) => Promise.race([end, sleep(0, 'runs')]));
  expect(await Promise.all(ended)).toEqual(['runs', 'runs']);
  expect(system.workers.map(({ pid }) => pid)).toEqual(pids);
  report('versions that crash, hang and eat memory in their checks', await ledger.settle(performance.now()));
});
