/** Images on which an engine crashes, throws or hangs, among harmless ones. */
import sharp from 'sharp';
import { type System, startSystem } from '../helpers/system.js';

let system: System;

beforeAll(async () => {
  system = await startSystem({
    workerScript: 'tests/helpers/engines/faulty-worker.mjs',
    env: { WORKER_MODELS: 'everyday-10', INFERENCE_TIMEOUT_S: '1', ATTEMPTS: '2', LOG_LEVEL: 'error' },
  });
}, 60_000);

afterAll(async () => {
  await system.remove();
}, 60_000);

const plain = (r: number, g: number, b: number) =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

it('fails an image that kills the process, and only that one, after its second try', async () => {
  const worker = system.workers[0];
  if (!worker) throw new Error('no worker');
  const harmless = await Promise.all(Array.from({ length: 12 }, (_, index) => plain(10 + index, 10, 10)));
  const images = [...harmless.slice(0, 6), await plain(255, 0, 0), ...harmless.slice(6)];
  const uploads = await Promise.all(images.map((image) => system.upload(image)));
  const ids = await Promise.all(
    uploads.map(async (upload) => ((await upload.json()) as { prediction_id: string }).prediction_id),
  );

  await expect(worker.end).resolves.toBe('signal SIGKILL');
  await worker.start(); // as its supervisor would

  const ends = await Promise.all(ids.map((id) => system.waitFor(id)));
  expect(ends[6]).toMatchObject({
    status: 'failed',
    code: 550,
    error: { message: expect.stringContaining('crashed on this image') },
  });
  for (const [index, end] of ends.entries()) if (index !== 6) expect(end.status).toBe('succeeded');
  expect(worker.pid).toBeDefined();
}, 60_000);

it('fails an image on which the engine throws with the reason, after as many tries as it is granted', async () => {
  const prediction = await system.predict(await plain(0, 255, 0));
  expect(prediction).toMatchObject({
    status: 'failed',
    code: 550,
    error: { message: expect.stringContaining('the simulated device failed') },
  });
});

it('gives up a batch that hangs, replaces its thread and goes on', async () => {
  const hung = system.predict(await plain(0, 0, 255));
  await expect(hung).resolves.toMatchObject({
    status: 'failed',
    code: 550,
    error: { message: expect.stringContaining('longer than 1 s') },
  });
  await expect(system.predict(await plain(1, 2, 3))).resolves.toMatchObject({ status: 'succeeded' });
}, 60_000);
