/** `npm run train` where no server runs: it starts one, trains, leaves the version and the file, and stops it again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readGraph } from '@scry/onnx/graph/file';
import { unzipSync } from 'fflate';
import { colorZip } from '../helpers/color-zip.js';
import { REPO } from '../helpers/system.js';

/** No server can be found there, so one is started. */
const NO_SERVER = '1';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-train-'));
  for (const [name, bytes] of Object.entries(unzipSync(await colorZip(6)))) {
    if (name.endsWith('/')) continue;
    const file = path.join(folder, 'images', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function train(...options: string[]): Promise<{ code: number; said: string }> {
  const env = {
    ...process.env,
    ...{
      DATA_DIR: path.join(folder, 'data'),
      PORT: NO_SERVER,
      DATABASE_URL: '',
      QUEUE_URL: '',
      SCRY_API_KEY: '',
    },
    TRAIN_THREADS: '1',
  };
  const child = spawn(process.execPath, ['scripts/train.mjs', ...options], { cwd: REPO, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

it('trains on a folder, says where the version is, and writes the file', async () => {
  const file = path.join(folder, 'colors.onnx');
  const { code, said } = await train(
    '--data',
    path.join(folder, 'images'),
    '--name',
    'colors',
    '--out',
    file,
  );
  expect(said).toMatch(/18 images in the data set/);
  expect(said).toMatch(/colors@\d{8}-[0-9a-f]{6}: 100\.0 % right on 3 images/);
  expect(said).toMatch(/It is kept in \S+data; "npm start" serves it as "colors"/);
  expect(code).toBe(0);
  expect(readGraph(new Uint8Array(await readFile(file))).outputs[0]?.name).toBe('probabilities');
  expect(await readdir(path.join(folder, 'data', 'postgres'))).not.toContain('starter');
}, 240_000);

it('says what is wrong before it starts anything', async () => {
  const { code, said } = await train('--data', path.join(folder, 'nothing'), '--name', 'colors');
  expect([code, said]).toEqual([1, expect.stringMatching(/no such file or directory/)]);
}, 60_000);
