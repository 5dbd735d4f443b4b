/** Folders with nothing but a model's own files, opened, prepared and run. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImageReader } from '@scry/worker/imaging/image-reader';
import { InferencePool } from '@scry/worker/inference/pool';
import { prepareModel } from '@scry/worker/models/conversion/convert';
import { readFolder } from '@scry/worker/models/facts/folder';
import { noteText, type OpenedModel, openModel } from '@scry/worker/models/open-model';
import { MODELS_DIR } from '../../../helpers/bundled.js';
import { onnxFile } from '../../../helpers/onnx-file.js';
import { hasReference, REFERENCE } from '../../../helpers/reference.js';

let parent: string;
let cache: string;
const reader = new ImageReader({ maxPixels: 1_000_000, timeoutS: 20 });

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'scry-open-'));
  cache = path.join(parent, 'converted');
});
afterAll(async () => {
  await reader.close();
  await rm(parent, { recursive: true });
});

let folders = 0;

/** A folder with copies of files, and files with the content given. */
async function folder(copies: readonly string[], written: Record<string, string | Uint8Array> = {}) {
  const made = path.join(parent, `model-${folders++}`);
  await mkdir(made);
  for (const file of copies) await cp(file, path.join(made, path.basename(file)));
  for (const [name, content] of Object.entries(written)) await writeFile(path.join(made, name), content);
  return made;
}

const open = (target: string) => openModel(target, { cache, isolated: true });

/** Confidences by class of each image. */
async function answers({ model }: OpenedModel, images: readonly string[]): Promise<number[][]> {
  const pool = new InferencePool({ threads: 1, device: 'cpu', intraOpThreads: 1, timeoutS: 60 });
  try {
    const [report] = await pool.start([(await prepareModel(model, cache)).model]);
    if (!report?.ok) throw new Error(report?.problem);
    const found: number[][] = [];
    for (const image of images) {
      const prepared = await reader.prepare(readFile(image), report.input);
      if (!prepared.ok) throw new Error(prepared.error.message);
      const { outcomes } = await pool.run(`${model.name}@${model.version}`, [
        { ...prepared.image, parameters: { all_classes: true } },
      ]);
      const [outcome] = outcomes;
      if (outcome?.status !== 'succeeded') throw new Error(outcome?.error.message);
      const confidences: number[] = [];
      for (const { class_index, confidence } of outcome.output.predictions)
        confidences[class_index] = confidence;
      found.push(confidences);
    }
    return found;
  } finally {
    await pool.close();
  }
}

interface Network {
  readonly pictures: readonly string[];
  readonly output: readonly (readonly number[])[];
}

/** Networks that scale or normalise inside. */
const INSIDE = ['mobilenetv2', 'efficientnet', 'activations', 'plain_functional', 'preprocessing_in_model'];
const keras = path.join(REFERENCE, 'keras');

(hasReference ? test.each(INSIDE) : test.skip.each(INSIDE))(
  'a folder with %s.keras alone answers as Keras does',
  async (name) => {
    const expected = JSON.parse(await readFile(path.join(keras, 'expected.json'), 'utf8')) as {
      models: Record<string, Network>;
    };
    const { pictures, output } = expected.models[name] as Network;
    const opened = await open(await folder([path.join(keras, `${name}.keras`)]));
    const found = await answers(
      opened,
      pictures.map((picture) => path.join(keras, picture)),
    );
    for (const [index, right] of output.entries())
      for (const [at, value] of right.entries())
        expect(Math.abs((found[index]?.[at] ?? Number.NaN) - value)).toBeLessThan(1e-4);
  },
);

(hasReference ? test : test.skip)('a darknet folder needs no manifest', async () => {
  const files = ['yolo-fastest-1.1.cfg', 'yolo-fastest-1.1.weights', 'coco.names'];
  const { model } = await open(await folder(files.map((file) => path.join(REFERENCE, 'darknet', file))));
  expect(model).toMatchObject({ task: 'detection', output: { format: 'yolov5', units: 'relative' } });
  expect(model.labels).toHaveLength(80);
});

test('an ONNX file with labels.txt beside it is opened, and every field that was found has a reason', async () => {
  const bundled = path.join(MODELS_DIR, 'everyday-10');
  const target = await folder([path.join(bundled, 'model.onnx'), path.join(bundled, 'labels.txt')]);
  const opened = await open(target);
  expect(opened.model).toMatchObject({ task: 'classification', input: { width: 32, resample: 'pillow' } });
  expect(opened.model.labels[0]).toBe('airplane');
  const fields = opened.notes.map(({ field }) => field);
  expect(fields).toEqual(
    expect.arrayContaining(['name', 'file', 'task', 'labels', 'input.mean', 'output.format']),
  );
  expect(opened.notes.map(noteText)).toContain(
    'task = "classification": output "probabilities" is [1, 10]; the network ends in a softmax',
  );
});

test('a detector without labels gets numbered ones', async () => {
  const { model } = await open(await folder([path.join(MODELS_DIR, 'blood-cells', 'model.onnx')]));
  expect(model).toMatchObject({ task: 'detection', output: { format: 'yolov8' } });
  expect(model.labels).toEqual(['class 0', 'class 1', 'class 2']);
});

test("Ultralytics' metadata is read from the file", async () => {
  const network = onnxFile({
    inputs: [{ name: 'images', dims: [1, 3, 32, 32] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['images'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['output0'] },
    ],
    outputs: [{ name: 'output0', dims: [1, 3] }],
    metadata: { task: 'classify', names: "{0: 'a', 1: 'b', 2: 'c'}", stride: '1', imgsz: '[32, 32]' },
  });
  const { model } = await open(await folder([], { 'best.onnx': network }));
  expect(model).toMatchObject({
    task: 'classification',
    labels: ['a', 'b', 'c'],
    input: { resize: 'cover', resample: 'pillow' },
  });
});

test('a manifest that says everything is taken as it is, and its files are not looked at', async () => {
  const bundled = path.join(MODELS_DIR, 'everyday-10');
  const opened = await open(bundled);
  expect(opened.notes).toEqual([]);
  expect(opened.model.input.mean).toEqual([0.4914, 0.4822, 0.4465]);
});

test.each<[string, Record<string, string>, RegExp]>([
  ['nothing', { 'README.md': 'x' }, /file: there is no model in the folder; put an \.onnx/],
  [
    'two models',
    { 'a.onnx': 'x', 'b.keras': 'x' },
    /file: must be given: a\.onnx, b\.keras may each be the model/,
  ],
  ['PyTorch weights', { 'best.pt': 'PK\x03\x04data.pkl' }, /file: best\.pt is a PyTorch file; export it/],
  ['a damaged ONNX file', { 'model.onnx': 'nonsense' }, /file: model\.onnx cannot be (loaded|read)/],
  ['a damaged Keras file', { 'model.keras': 'nonsense' }, /model\.keras cannot be read/],
  [
    'a file outside',
    { 'manifest.json': '{"file":"../x.onnx"}' },
    /file: must be a path inside the model folder/,
  ],
  ['a file that is missing', { 'manifest.json': '{"file":"x.onnx"}' }, /file: \S*x\.onnx does not exist/],
  ['a manifest that is no object', { 'manifest.json': '[]' }, /manifest\.json: must be one JSON object/],
])('a folder with %s is refused in one sentence', async (_, files, sentence) => {
  await expect(open(await folder([], files)).then(String)).rejects.toThrow(sentence);
});

test('pipes and folders that are named like models are passed over', async () => {
  const target = await folder([]);
  await mkdir(path.join(target, 'model.keras'));
  execFileSync('mkfifo', [path.join(target, 'model.onnx'), path.join(target, 'labels.txt')]);
  await expect(open(target)).rejects.toThrow('there is no model in the folder');
  expect(await readFolder(target)).toEqual({ labels: null, teachableMachine: false });
});

test('a Teachable Machine export is known by its metadata, or by the numbered lines beside its Keras file', async () => {
  const bundled = path.join(MODELS_DIR, 'everyday-10-tfjs');
  const weights = ['model.json', 'group1-shard1of1.bin'].map((name) => path.join(bundled, name));
  const labels = Array.from({ length: 10 }, (_, index) => `thing ${index}`);
  const metadata = { tfjsVersion: '1.3.1', packageName: '@teachablemachine/image', labels, imageSize: 32 };
  const { model } = await open(await folder(weights, { 'metadata.json': JSON.stringify(metadata) }));
  expect(model.labels).toEqual(labels);
  expect(model.input).toMatchObject({ width: 32, resize: 'fit', scale: 1 / 127.5, mean: [1, 1, 1] });
  const numbered = '0 dog\n1 cat\n2 cow\n';
  const content = await readFolder(await folder([], { 'model.h5': 'x', 'labels.txt': numbered }));
  expect(content).toEqual({
    labels: { source: 'labels.txt', names: ['dog', 'cat', 'cow'] },
    teachableMachine: true,
  });
  const plain = await readFolder(await folder([], { 'model.h5': 'x', 'labels.txt': 'dog\ncat\n' }));
  expect(plain.teachableMachine).toBe(false);
});
