/** The process of its own in which a suspicious image is tried. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadModel, type Model } from '@scry/shared/models/model-folders';
import { Quarantine } from '@scry/worker/inference/isolation/quarantine';
import sharp from 'sharp';
import { until } from '../../../helpers/app.js';
import { quiet } from '../../../helpers/services.js';
import { imageFile } from '../../../helpers/stored.js';
import { REPO } from '../../../helpers/system.js';

const SHA = { harmless: '01'.repeat(32), deadly: '02'.repeat(32) };

let dataDir: string;
let model: Model;
let quarantine: Quarantine;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'scry-quarantine-'));
  model = await loadModel(path.join(REPO, 'models/everyday-10'));
  const keep = async (sha256: string, red: number) => {
    const background = { r: red, g: 0, b: 0 };
    const image = sharp({ create: { width: 32, height: 32, channels: 3, background } });
    await mkdir(path.dirname(imageFile(dataDir, sha256)), { recursive: true });
    await writeFile(imageFile(dataDir, sha256), await image.png().toBuffer());
  };
  await keep(SHA.harmless, 10);
  await keep(SHA.deadly, 255);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

beforeEach(() => {
  const onnx = new URL('../../../helpers/engines/faulty.mjs', import.meta.url).href;
  const inference = {
    threads: 1,
    device: 'cpu',
    intraOpThreads: 1,
    timeoutS: 30,
    engines: { onnx },
  } as const;
  const limits = { maxPixels: 1e6, timeoutS: 10 };
  quarantine = new Quarantine({ dataDir, limits, inference, log: quiet, timeoutMs: 30_000 });
});
afterEach(() => quarantine.close());

const job = (sha256: string) => ({
  id: 'a-prediction',
  sha256,
  parameters: {},
  createdAt: 0,
  expiresAt: null,
});

/** The processes that this one has started. */
const children = () =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);

/** Ends the one process that the quarantine has started. */
async function killChild(before: readonly number[]): Promise<void> {
  const [child] = children().filter((pid) => !before.includes(pid));
  if (child === undefined) throw new Error('the quarantine has no process');
  process.kill(child, 'SIGKILL');
  await until('it is gone', async () => !children().includes(child));
}

it('fails an image on which its process dies, and answers the next one', async () => {
  expect((await quarantine.predict(model, job(SHA.harmless))).outcome.status).toBe('succeeded');
  expect((await quarantine.predict(model, job(SHA.deadly))).outcome).toMatchObject({
    status: 'failed',
    error: { code: 550 },
  });
  expect((await quarantine.predict(model, job(SHA.harmless))).outcome.status).toBe('succeeded');
});

it('replaces a process that died while it was idle', async () => {
  const before = children();
  await quarantine.predict(model, job(SHA.harmless));
  await killChild(before);
  expect((await quarantine.predict(model, job(SHA.harmless))).outcome.status).toBe('succeeded');
});

it('does not blame an image for a process that dies as the image reaches it', async () => {
  const before = children();
  await quarantine.predict(model, job(SHA.harmless));
  const [child] = children().filter((pid) => !before.includes(pid));
  process.kill(child as number, 'SIGSTOP');
  const answered = quarantine.predict(model, job(SHA.harmless));
  process.kill(child as number, 'SIGKILL');
  expect((await answered).outcome.status).toBe('succeeded');
});
