import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  InferenceFailed,
  InferencePool,
  type InferencePoolOptions,
  InferenceTimeout,
} from '@scry/worker/inference/pool';
import { plain, writeMeanColor } from '../../../helpers/mean-color.js';
import { makeModel } from '../../../helpers/task-model.js';

const options: InferencePoolOptions = { threads: 1, device: 'cpu', intraOpThreads: 1, timeoutS: 30 };
const open: InferencePool[] = [];

afterEach(async () => {
  for (const pool of open.splice(0)) await pool.close();
});

function makePool(changed: Partial<InferencePoolOptions> = {}): InferencePool {
  const pool = new InferencePool({ ...options, ...changed });
  open.push(pool);
  return pool;
}

describe('an inference pool on a simulated device', () => {
  const engines = { onnx: new URL('../../../helpers/engines/simulated.mjs', import.meta.url).href };
  const model = makeModel({ labels: ['a', 'b'], batch: { max: 4 } });
  const [SOUND, THROWS, HANGS, DIES, BUSY] = [0, 1, 2, 3, 4];

  const items = (...acts: (number | undefined)[]) =>
    acts.map((act = 0) => ({
      pixels: new Uint8Array(12).fill(act),
      geometry: { x: 0, y: 0, width: 2, height: 2 },
      parameters: {},
    }));

  async function start(changed: Partial<InferencePoolOptions> = {}): Promise<InferencePool> {
    const pool = makePool({ engines, ...changed });
    const [report] = await pool.start([model]);
    expect(report).toMatchObject({ ok: true, runtime: 'simulated', batchLimit: 4 });
    return pool;
  }

  it('answers in the order of the items and tells how long inference took', async () => {
    const pool = await start();
    const { outcomes, inferenceMs } = await pool.run('example@1', items(SOUND, SOUND, SOUND, SOUND, SOUND));
    expect(outcomes).toHaveLength(5);
    expect(outcomes[0]).toMatchObject({
      status: 'succeeded',
      output: { predictions: [{ class_name: 'a' }, {}] },
    });
    expect(inferenceMs).toBeGreaterThan(0);
  });

  it('takes the pixels with it, without a copy', async () => {
    const pool = await start();
    const [item] = items(SOUND);
    await pool.run('example@1', [item as NonNullable<typeof item>]);
    expect(item?.pixels.byteLength).toBe(0);
  });

  it('passes on what an engine throws, and goes on in the same thread', async () => {
    const pool = await start();
    const failing = pool.run('example@1', items(SOUND, THROWS));
    await expect(failing).rejects.toThrow(InferenceFailed);
    await expect(failing).rejects.toThrow('example@1: the simulated device failed');
    await expect(pool.run('example@1', items(SOUND))).resolves.toMatchObject({
      outcomes: [{ status: 'succeeded' }],
    });
  });

  it('replaces a thread whose batch passes its deadline, and goes on', async () => {
    const lost: string[] = [];
    const pool = await start({ timeoutS: 0.3, onThreadLost: (sentence) => lost.push(sentence) });
    const hanging = pool.run('example@1', items(HANGS, SOUND));
    await expect(hanging).rejects.toThrow(InferenceTimeout);
    await expect(hanging).rejects.toThrow('example@1: a batch of 2 ran longer than 0.3 s');
    await expect(pool.run('example@1', items(SOUND))).resolves.toMatchObject({
      outcomes: [{ status: 'succeeded' }],
    });
    expect(lost).toEqual(['an inference thread was lost']);
  });

  it('replaces a thread that dies, and goes on', async () => {
    const lost: [string, number][] = [];
    const pool = await start({ onThreadLost: (...told) => lost.push(told) });
    await expect(pool.run('example@1', items(DIES))).rejects.toThrow(InferenceFailed);
    await expect(pool.run('example@1', items(SOUND))).resolves.toMatchObject({
      outcomes: [{ status: 'succeeded' }],
    });
    expect(lost).toEqual([['an inference thread was lost', 1]]);
    expect(pool.threadsReady).toBe(1);
  });

  it('does not count waiting for a free thread against a batch', async () => {
    const pool = await start({ timeoutS: 0.5 });
    const batches = [1, 2, 3].map(() => pool.run('example@1', items(BUSY)));
    await expect(Promise.all(batches)).resolves.toHaveLength(3);
  });

  it('runs as many batches at a time as there are threads', async () => {
    const pool = await start({ threads: 2 });
    const hanging = pool.run('example@1', items(HANGS)).catch((error: Error) => error);
    const other = pool.run('example@1', items(SOUND));
    await expect(other).resolves.toMatchObject({ outcomes: [{ status: 'succeeded' }] });
    await pool.close();
    await expect(hanging).resolves.toBeInstanceOf(InferenceFailed);
  });

  it('fails what runs and what waits when it is closed', async () => {
    const pool = await start();
    const running = pool.run('example@1', items(HANGS));
    const waiting = pool.run('example@1', items(SOUND));
    const ends = Promise.allSettled([running, waiting]);
    await setImmediate(); // the first is with its thread by now
    await pool.close();
    expect(await ends).toMatchObject([
      { status: 'rejected', reason: expect.any(InferenceFailed) },
      { status: 'rejected', reason: expect.any(InferenceFailed) },
    ]);
    await expect(pool.run('example@1', items(SOUND))).rejects.toThrow('the inference pool is closed');
  });

  it('serves the other models when one fails to load', async () => {
    const pool = makePool({ engines });
    const broken = { ...model, name: 'broken', description: 'fails to load' };
    const unknown = { ...model, name: 'unknown', engine: 'abacus' as 'onnx' };
    const reports = await pool.start([broken, unknown, model]);
    expect(reports).toMatchObject([
      { name: 'broken', ok: false, problem: '/models/example/model.onnx is not for this device' },
      { name: 'unknown', ok: false, problem: 'engine "abacus" is not known; use onnx or tfjs' },
      { name: 'example', ok: true },
    ]);
    await expect(pool.run('example@1', items(SOUND))).resolves.toMatchObject({
      outcomes: [{ status: 'succeeded' }],
    });
    await expect(pool.run('broken@1', items(SOUND))).rejects.toThrow('model "broken@1" is not loaded');
  });
});

describe('versions that come and go', () => {
  const engines = { onnx: new URL('../../../helpers/engines/simulated.mjs', import.meta.url).href };
  const first = makeModel({ labels: ['a', 'b'], batch: { max: 4 } });
  const second = makeModel({ version: '2', labels: ['c', 'd'], batch: { max: 4 } });
  const [SOUND, DIES, BUSY] = [0, 3, 4];
  const item = (act: number) => [
    {
      pixels: new Uint8Array(12).fill(act),
      geometry: { x: 0, y: 0, width: 2, height: 2 },
      parameters: {},
    },
  ];
  const classOf = async (pool: InferencePool, key: string) => {
    const [outcome] = (await pool.run(key, item(SOUND))).outcomes;
    return outcome?.status === 'succeeded' && outcome.output.predictions[0]?.class_name;
  };

  it('answer side by side, and each until it is unloaded', async () => {
    const pool = makePool({ engines, threads: 2 });
    await pool.start([first]);
    expect(await pool.load(second)).toMatchObject({ ok: true, name: 'example', version: '2' });
    expect([await classOf(pool, 'example@1'), await classOf(pool, 'example@2')]).toEqual(['a', 'c']);
    await pool.unload('example@1');
    await expect(classOf(pool, 'example@1')).rejects.toThrow('model "example@1" is not loaded');
    expect(await classOf(pool, 'example@2')).toBe('c');
  });

  it('are loaded one thread after the other, while the others answer', async () => {
    const pool = makePool({ engines, threads: 2 });
    await pool.start([first]);
    const busy = [1, 2, 3, 4, 5, 6].map(() => pool.run('example@1', item(BUSY)));
    const order: string[] = [];
    const loading = pool.load(second).then(() => order.push('loaded'));
    const answered = Promise.all(busy).then(() => order.push('answered'));
    await Promise.all([loading, answered]);
    expect(order).toEqual(['loaded', 'answered']); // a load does not wait for all that waits
    await Promise.all([1, 2, 3, 4].map(() => pool.run('example@2', item(SOUND))));
  });

  it('that are loaded twice are loaded once', async () => {
    const pool = makePool({ engines });
    const reports = await Promise.all([pool.load(first), pool.load(first)]);
    expect(reports[1]).toBe(reports[0]);
  });

  it('are all in a thread that replaces one that died', async () => {
    const pool = makePool({ engines });
    await pool.start([first]);
    await pool.load(second);
    await expect(pool.run('example@1', item(DIES))).rejects.toThrow(InferenceFailed);
    expect([await classOf(pool, 'example@1'), await classOf(pool, 'example@2')]).toEqual(['a', 'c']);
  });

  it.each([
    ['hangs', 'hangs while it loads', 3, 'loading it took longer than 3 s'],
    ['dies', 'ends its thread while it loads', 60, 'loading it ended its inference thread'],
  ])('that make a thread die are not loaded: one that %s', async (_, description, loadTimeoutS, problem) => {
    const pool = makePool({ engines, threads: 2, loadTimeoutS });
    await pool.start([first]);
    const report = await pool.load({ ...second, description });
    expect(report).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
    await expect(classOf(pool, 'example@2')).rejects.toThrow(InferenceFailed);
    expect(await classOf(pool, 'example@1')).toBe('a');
  });
});

describe('an inference pool on real engines', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-pool-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('runs models of both in the same threads, at the same time', async () => {
    const models = [await writeMeanColor(folder, 'onnx, nchw'), await writeMeanColor(folder, 'tfjs layers')];
    const pool = makePool({ threads: 2 });
    const reports = await pool.start(models);
    expect(reports.map((report) => report.ok && report.runtime)).toEqual([
      expect.stringMatching(/^onnxruntime [\d.]+ cpu$/),
      expect.stringMatching(/^tfjs/),
    ]);
    const runs = Array.from({ length: 20 }, (_, index) =>
      pool.run(`${(models[index % 2] as (typeof models)[0]).name}@1`, [plain(index * 10, 0, 0)]),
    );
    for (const [index, { outcomes, liveTensors }] of (await Promise.all(runs)).entries()) {
      const [outcome] = outcomes;
      const red =
        outcome?.status === 'succeeded' && outcome.output.predictions.find((a) => a.class_name === 'red');
      expect(red).toMatchObject({ confidence: Math.round(((index * 10) / 255) * 1e5) / 1e5 });
      expect(liveTensors).toEqual(index % 2 === 0 ? null : expect.any(Number));
    }
  });

  it('reports a device that TensorFlow.js does not run on', async () => {
    const reports = await makePool({ device: 'webgpu' }).start([await writeMeanColor(folder, 'tfjs graph')]);
    expect(reports).toMatchObject([{ ok: false, problem: 'TensorFlow.js does not run on webgpu here' }]);
  });
});
