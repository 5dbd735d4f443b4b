/** What happens to everybody else's predictions when the engine crashes, throws or hangs on some. */
import sharp from 'sharp';
import type { Ledger } from '../helpers/ledger.js';
import type { System, SystemProcess } from '../helpers/system.js';
import { report } from './report.js';
import { startFaultSetting } from './setting.js';

const INFERENCE_TIMEOUT_S = '2';

let system: System;
let ledger: Ledger;
let remove: () => Promise<void>;

beforeEach(async () => {
  const options = {
    workerScript: 'tests/helpers/engines/faulty-worker.mjs',
    env: { WORKER_MODELS: 'everyday-10', WORKER_THREADS: '1', INFERENCE_TIMEOUT_S, LOG_LEVEL: 'error' },
  };
  // Dark: the simulated engine answers.
  ({ system, ledger, remove } = await startFaultSetting(options, (seed) => plain(seed, 10, 10)));
});

afterEach(() => remove());

/** An image that the simulated engine does something about, by its color. */
const plain = (red: number, green: number, blue: number) =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: { r: red, g: green, b: blue } } })
    .png()
    .toBuffer();

/** Starts workers again whenever they end, as a supervisor does. @returns a function that stops that */
function supervise(workers: readonly SystemProcess[]): () => Promise<string[]> {
  let stopping = false;
  const ends: string[] = [];
  const loops = workers.map(async (worker) => {
    while (!stopping) {
      const end = await Promise.race([
        worker.end,
        new Promise<null>((resolve) => setTimeout(resolve, 100, null)),
      ]);
      if (end === null || stopping) continue;
      ends.push(end);
      await worker.start();
    }
  });
  return async () => {
    stopping = true;
    await Promise.all(loops);
    return ends;
  };
}

async function sendAndExpect550(image: Buffer): Promise<void> {
  const accepted = (await (await system.upload(image)).json()) as { prediction_id: string };
  expect(await system.waitFor(accepted.prediction_id, 120_000)).toMatchObject({
    status: 'failed',
    code: 550,
  });
}

it('an image that kills the process costs itself alone', async () => {
  const stop = supervise(system.workers);
  await ledger.during(async () => {
    await sendAndExpect550(await plain(255, 0, 0));
    await sendAndExpect550(await plain(255, 0, 1));
  }, 4);
  const tally = await ledger.settle(performance.now());
  const ends = await stop();
  expect(ends.length).toBeGreaterThanOrEqual(1);
  expect(ends.length).toBeLessThanOrEqual(2); // once for each image; the second try is in quarantine
  report(`images that crash the engine (${ends.length} workers died)`, tally);
});

it('an image on which the engine hangs costs itself alone', async () => {
  const stop = supervise(system.workers);
  await ledger.during(() => plain(0, 0, 255).then(sendAndExpect550), 4);
  const tally = await ledger.settle(performance.now());
  await stop();
  report(`an image on which the engine hangs (deadline ${INFERENCE_TIMEOUT_S} s)`, tally);
});

it('an engine that throws on and on makes its worker leave, with a code that tells its supervisor', async () => {
  const stop = supervise(system.workers);
  await ledger.uploadMany(20);
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => sendAndExpect550(await plain(0, 255, index % 2))),
  );
  await ledger.uploadMany(20);
  const tally = await ledger.settle(performance.now());
  const ends = await stop();
  expect(ends).toContain('exit code 1');
  report(`an engine that throws 30 times (${ends.length} workers left)`, tally);
});
