/** Which engine a model file ends up on, and what is said about it. */
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadModel, type Model } from '@scry/shared/models/model-folders';
import { InferencePool } from '@scry/worker/inference/pool';
import { type Prepared, prepareModel } from '@scry/worker/models/conversion/convert';
import { planModel } from '@scry/worker/models/conversion/plan';
import { MODELS_DIR } from '../../../helpers/bundled.js';

const TFJS = path.join(MODELS_DIR, 'everyday-10-tfjs');

let folder: string;
let cache: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-conversion-'));
  cache = path.join(folder, 'converted');
});
afterAll(() => rm(folder, { recursive: true }));

let copies = 0;

type Json = Record<string, unknown> & {
  modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } };
  weightsManifest: { paths: string[] }[];
};

/** A copy of the bundled TensorFlow.js model, with its model.json and manifest changed. */
async function copy(change: (json: Json) => void, manifest: Record<string, unknown> = {}): Promise<Model> {
  const name = `copy-${copies++}`;
  const target = path.join(folder, name);
  await cp(TFJS, target, { recursive: true });
  const json = JSON.parse(await readFile(path.join(target, 'model.json'), 'utf8')) as Json;
  change(json);
  await writeFile(path.join(target, 'model.json'), JSON.stringify(json));
  const own = JSON.parse(await readFile(path.join(target, 'manifest.json'), 'utf8')) as object;
  await writeFile(path.join(target, 'manifest.json'), JSON.stringify({ ...own, name, ...manifest }));
  return loadModel(target);
}

const unchanged = () => undefined;

/** TensorFlow.js runs it, and it cannot be converted. */
function unusual(json: Json): void {
  const activation = json.modelTopology.config.layers.find(({ class_name }) => class_name === 'Activation');
  if (activation) activation.class_name = 'Masking';
}

async function runs({ model }: Prepared): Promise<string> {
  const pool = new InferencePool({ threads: 1, device: 'cpu', intraOpThreads: 1, timeoutS: 60 });
  try {
    const [report] = await pool.start([model]);
    return report?.ok ? report.runtime : (report?.problem ?? '');
  } finally {
    await pool.close();
  }
}

test('a TensorFlow.js model is converted and runs on ONNX Runtime; the second time it is only found', async () => {
  const model = await copy(unchanged);
  const first = await prepareModel(model, cache);
  expect(first.notes[0]).toMatch(
    /^converted from Keras \(TensorFlow.js layers model\) to ONNX in \d+ ms: 44 layers, 609,898/,
  );
  expect(await runs(first)).toMatch(/^onnxruntime/);
  const again = await prepareModel(model, cache);
  expect(again.model.network).toBe(first.model.network);
  expect(again.notes[0]).toMatch(/ to ONNX before: 44 layers, 609,898/);
});

test('a converted file that a power cut left empty is converted again', async () => {
  const model = await copy(unchanged);
  const { network = '' } = (await prepareModel(model, cache)).model;
  await truncate(network, 0);
  const again = await prepareModel(model, cache);
  expect(again.notes[0]).toMatch(/ to ONNX in \d+ ms: 44 layers/);
  expect(again.model.network).toBe(network);
  expect(await runs(again)).toMatch(/^onnxruntime/);
});

test('what cannot be converted stays on TensorFlow.js, and the reason is told', async () => {
  const prepared = await prepareModel(await copy(unusual), cache);
  expect(prepared.model).toMatchObject({ engine: 'tfjs' });
  expect(prepared.notes[0]).toMatch(
    /^runs on TensorFlow.js, since it cannot be converted to ONNX: .*Masking/,
  );
  expect(await runs(prepared)).toMatch(/^tfjs/);
});

test('a manifest forces TensorFlow.js or ONNX Runtime', async () => {
  const forced = await prepareModel(await copy(unchanged, { engine: 'tfjs' }), cache);
  expect(forced).toMatchObject({ model: { engine: 'tfjs' }, notes: [] });
  await expect(copy(unusual, { engine: 'onnx' }).then((model) => prepareModel(model, cache))).rejects.toThrow(
    /manifest.json: file: model.json cannot be read\. .*Masking/,
  );
});

test('a damaged file is refused and not handed to TensorFlow.js', async () => {
  const outside = await copy((json) => {
    for (const group of json.weightsManifest) group.paths = ['../../etc/passwd'];
  });
  await expect(prepareModel(outside, cache)).rejects.toThrow(
    'model.json cannot be read. model.json names the weights file "../../etc/passwd", which is not inside its folder.',
  );
  const missing = await copy((json) => {
    for (const group of json.weightsManifest) group.paths = ['nothing.bin'];
  });
  await expect(prepareModel(missing, cache)).rejects.toThrow('nothing.bin is missing beside the model.');
  const [forced] = await Promise.all([
    copy(
      (json) => {
        for (const group of json.weightsManifest) group.paths = ['../../etc/passwd'];
      },
      { engine: 'tfjs' },
    ),
  ]);
  expect(await runs(await prepareModel(forced, cache))).toMatch(/which is not inside its folder/);
});

test('darknet files run where the .weights lie beside the .cfg', async () => {
  const name = 'tiny-darknet';
  const target = path.join(folder, name);
  await mkdir(target);
  const cfg =
    '[net]\nwidth=8\nheight=8\nchannels=3\n[avgpool]\n[convolutional]\nfilters=2\nsize=1\nactivation=linear\n[softmax]\n';
  await writeFile(path.join(target, 'model.cfg'), cfg);
  const manifest = {
    name,
    task: 'classification',
    file: 'model.cfg',
    labels: ['a', 'b'],
    output: { format: 'probabilities' },
  };
  await writeFile(path.join(target, 'manifest.json'), JSON.stringify(manifest));
  const model = await loadModel(target);
  await expect(prepareModel(model, cache)).rejects.toThrow('model.weights is missing beside the model.');
  const weights = new Uint8Array(20 + 4 * (2 + 6));
  weights[4] = 2; // version 0.2
  await writeFile(path.join(target, 'other-name.weights'), weights);
  expect(await runs(await prepareModel(model, cache))).toMatch(/^onnxruntime/);
});

test('engines that cannot run a file are refused before anything is read', async () => {
  const model = await copy(unchanged);
  const plan = (file: string, engine?: 'onnx' | 'tfjs') =>
    planModel({ ...model, file: path.join(model.folder, file), engine });
  expect(plan('model.onnx')).toEqual({ engine: 'onnx' });
  expect(plan('model.h5')).toEqual({ convert: true, otherwise: null });
  expect(() => plan('model.keras', 'tfjs')).toThrow(
    'TensorFlow.js cannot run model.keras; leave "engine" out',
  );
  expect(() => plan('model.onnx', 'tfjs')).toThrow('TensorFlow.js cannot run model.onnx');
  expect(() => plan('model.pt')).toThrow(/model.pt is not a model file that is known by its name/);
});
