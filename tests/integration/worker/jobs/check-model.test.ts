import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modelBlob } from '@scry/shared/models/version-content';
import { checkModel } from '@scry/worker/jobs/check-model/check-model';
import { ModelFiles, type VersionContent } from '@scry/worker/models/model-files';
import { MemoryBlobs } from '../../../helpers/memory-blobs.js';
import { onnxFile } from '../../../helpers/onnx-file.js';

const GREEDY = { onnx: new URL('../../../helpers/engines/greedy.mjs', import.meta.url).href };
const LIMITS = { timeoutMs: 30_000, memoryBytes: 2 ** 30 };

let root: string;
let blobs: MemoryBlobs;
let files: ModelFiles;
let cache: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'scry-check-'));
  cache = path.join(root, 'converted');
  blobs = new MemoryBlobs();
  files = new ModelFiles(path.join(root, 'models'), blobs);
});

afterEach(() => rm(root, { recursive: true }));

/** Means of the three channels. */
const means = () =>
  onnxFile({
    inputs: [{ name: 'image', dims: ['n', 3, 4, 4] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['scores'] },
    ],
    outputs: [{ name: 'scores', dims: ['n', 3] }],
  });

async function* once(data: Uint8Array) {
  yield data;
}

async function version(weights: Uint8Array, manifest: object = {}): Promise<VersionContent> {
  const pending = await blobs.receive(once(weights), weights.length);
  await pending.keep(modelBlob(pending.sha256));
  return {
    name: 'means',
    version: '1',
    id: 'f'.repeat(64),
    manifest: {
      task: 'classification',
      engine: 'onnx',
      file: 'weights/model.onnx',
      labels: ['red', 'green', 'blue'],
      output: { format: 'probabilities' },
      ...manifest,
    },
    files: [{ path: 'weights/model.onnx', sha256: pending.sha256, bytes: pending.bytes }],
  };
}

it('a model that loads and answers is accepted, with the size of its input in the manifest', async () => {
  const checked = await checkModel(await version(means()), files, LIMITS, { engines: {}, cache });
  expect(checked).toMatchObject({
    ok: true,
    manifest: {
      name: 'means',
      file: 'weights/model.onnx',
      input: { width: 4, height: 4, resize: 'stretch' },
    },
  });
  expect(await readdir(path.join(root, 'models'))).toEqual([]);
}, 60_000);

it.each([
  ['is cut off', means().subarray(0, 40), {}, /model\.onnx/],
  ['does not fit its manifest', means(), { labels: ['a', 'b'] }, /2 labels, but output "scores"/],
  ['names a file that is not there', means(), { file: 'other.onnx' }, /other\.onnx does not exist/],
])(
  'a model that %s is rejected in words, without paths of this machine',
  async (_, weights, manifest, reason) => {
    const checked = await checkModel(await version(weights, manifest), files, LIMITS, { engines: {}, cache });
    expect(checked).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(checked)).not.toContain(root);
  },
  60_000,
);

it.each([
  ['hangs', { ...LIMITS, timeoutMs: 1500 }, /the check took longer than 2 s/],
  ['crashes', LIMITS, /loading it made the process end \(SIGSEGV\)/],
  ['eats', { ...LIMITS, memoryBytes: 300 << 20 }, /loading it takes more than 300 MiB of memory/],
])(
  'a model that %s while it loads is rejected, and nobody else notices',
  async (label, limits, reason) => {
    const checked = await checkModel(await version(means(), { labels: [label] }), files, limits, {
      engines: GREEDY,
      cache,
    });
    expect(checked).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  },
  60_000,
);

it('a model sees nothing of the environment in which there are passwords', async () => {
  const checked = await checkModel(await version(means(), { labels: ['tells'] }), files, LIMITS, {
    engines: GREEDY,
    cache,
  });
  expect(checked).toMatchObject({ ok: false, reason: expect.stringMatching(/^saw [A-Z_,]*$/) });
  expect(JSON.stringify(checked)).not.toContain('DATABASE_URL');
}, 60_000);

it('files that are missing from storage are a fault to be tried again, not a rejection', async () => {
  const content = await version(means());
  for (const { sha256 } of content.files) await blobs.delete(modelBlob(sha256));
  await expect(checkModel(content, files, LIMITS, { engines: {}, cache })).rejects.toThrow(
    /nothing is stored/,
  );
  expect(await readdir(path.join(root, 'models')).catch(() => [])).toEqual([]);
});
