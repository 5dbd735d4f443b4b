import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Model } from '@scry/shared/models/model-folders';
import { loadEngine } from '@scry/worker/inference/engines/registry';
import { ThreadModel } from '@scry/worker/inference/thread-model';
import { plain, writeMeanColor } from '../../../helpers/mean-color.js';
import { type OnnxGraph, onnxFile } from '../../../helpers/onnx-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-model-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function load(model: Model): Promise<ThreadModel> {
  const engine = await loadEngine(model.engine, {});
  return ThreadModel.load(
    engine,
    model,
    { device: 'cpu', intraOpThreads: 1, onFallback: () => {}, onAbsent: () => {} },
    () => {},
  );
}

const mean = (from: string, to: string) => ({
  op: 'ReduceMean',
  inputs: [from],
  outputs: [to],
  attributes: { axes: [2, 3], keepdims: 0 },
});
const cast = (from: string, to: string, type: number) => ({
  op: 'Cast',
  inputs: [from],
  outputs: [to],
  attributes: { to: type },
});
const DIMS = ['batch', 3, 4, 4];
const SCORES = ['batch', 3];

async function written(graph: OnnxGraph, parts: object = {}): Promise<Model> {
  const model = await writeMeanColor(folder, 'onnx, nchw', { ...parts });
  await writeFile(model.file, onnxFile(graph));
  return model;
}

/** What a model says of red, green and blue when it is shown one color. */
async function answer(model: Model, color: [number, number, number]): Promise<Record<string, number>> {
  const served = await load(model);
  try {
    const { outcomes } = await served.run([plain(...color)]);
    const [outcome] = outcomes;
    if (outcome?.status !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return Object.fromEntries(
      outcome.output.predictions.map(({ class_name, confidence }) => [
        class_name,
        Number(confidence.toFixed(2)),
      ]),
    );
  } finally {
    await served.dispose();
  }
}

describe('inputs and outputs of types that exporters choose', () => {
  it.each(['float16', 'float64'] as const)('may be %s', async (type) => {
    const model = await written({
      inputs: [{ name: 'image', dims: DIMS, type }],
      nodes: [mean('image', 'scores')],
      outputs: [{ name: 'scores', dims: SCORES, type }],
    });
    expect(await answer(model, [255, 51, 102])).toEqual({ red: 1, green: 0.2, blue: 0.4 });
  });

  it.each([
    ['int8', [127, -77, -26]],
    ['int32', [255, 51, 102]],
    ['int64', [255, 51, 102]],
  ] as const)('may be %s, which takes pixels as they are', async (type, levels) => {
    const model = await written(
      {
        inputs: [{ name: 'image', dims: DIMS, type }],
        nodes: [
          cast('image', 'levels', 1),
          mean('levels', 'means'),
          { op: 'Div', inputs: ['means', 'most'], outputs: ['scores'] },
        ],
        outputs: [{ name: 'scores', dims: SCORES }],
        constants: { most: { dims: [], data: [1000] } },
      },
      { output: { format: 'logits', name: 'scores' } },
    );
    const exps = levels.map((level) => Math.exp(level / 1000));
    const sum = exps.reduce((a, b) => a + b);
    const [red = 0, green = 0, blue = 0] = exps.map((value) => Number((value / sum).toFixed(2)));
    expect(await answer(model, [255, 51, 102])).toEqual({ red, green, blue });
  });

  it('may be a half float beside weights in a second file', async () => {
    const model = await written({
      inputs: [{ name: 'image', dims: DIMS, type: 'float16' }],
      nodes: [
        cast('image', 'whole', 1),
        mean('whole', 'means'),
        { op: 'Add', inputs: ['means', 'bias'], outputs: ['scores'] },
      ],
      outputs: [{ name: 'scores', dims: SCORES }],
      external: { bias: { dims: [3], file: 'weights.bin' } },
    });
    await writeFile(
      path.join(path.dirname(model.file), 'weights.bin'),
      Buffer.from(Float32Array.of(0, 0.5, 0).buffer),
    );
    expect(await answer(model, [255, 51, 102])).toEqual({ red: 1, green: 0.7, blue: 0.4 });
  });

  it('inverts gray by a scale below 0', async () => {
    const input = { scale: -1 / 255, mean: [-1, -1, -1] };
    const model = await written(
      {
        inputs: [{ name: 'image', dims: DIMS }],
        nodes: [mean('image', 'scores')],
        outputs: [{ name: 'scores', dims: SCORES }],
      },
      { input },
    );
    expect(await answer(model, [255, 51, 0])).toEqual({ red: 0, green: 0.8, blue: 1 });
  });
});

describe('a second input that has a default', () => {
  it('is left to its default in an ONNX file', async () => {
    const model = await written({
      inputs: [
        { name: 'image', dims: DIMS },
        { name: 'bias', dims: [3] },
      ],
      nodes: [mean('image', 'means'), { op: 'Add', inputs: ['means', 'bias'], outputs: ['scores'] }],
      outputs: [{ name: 'scores', dims: SCORES }],
      constants: { bias: { dims: [3], data: [0, 0.5, 0] } },
    });
    expect(await answer(model, [255, 51, 102])).toEqual({ red: 1, green: 0.7, blue: 0.4 });
  });

  it('is left to its default in a TensorFlow.js graph', async () => {
    const model = await writeMeanColor(folder, 'tfjs graph');
    const float = { type: 'DT_FLOAT' };
    const int = { type: 'DT_INT32' };
    const info = (name: string, dims: number[]) => ({
      name: `${name}:0`,
      dtype: 'DT_FLOAT',
      tensorShape: { dim: dims.map((size) => ({ size: String(size) })) },
    });
    const constant = (name: string, type: object, size: number) => ({
      name,
      op: 'Const',
      attr: {
        dtype: type,
        value: { tensor: { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: String(size) }] } } },
      },
    });
    const json = {
      format: 'graph-model',
      signature: {
        inputs: { image: info('image', [-1, 4, 4, 3]), bias: info('bias', [3]) },
        outputs: { scores: info('scores', [-1, 3]) },
      },
      modelTopology: {
        node: [
          {
            name: 'image',
            op: 'Placeholder',
            attr: {
              dtype: float,
              shape: { shape: { dim: [-1, 4, 4, 3].map((size) => ({ size: String(size) })) } },
            },
          },
          constant('axes', int, 2),
          constant('usual', float, 3),
          {
            name: 'bias',
            op: 'PlaceholderWithDefault',
            input: ['usual'],
            attr: { dtype: float, shape: { shape: { dim: [{ size: '3' }] } } },
          },
          {
            name: 'means',
            op: 'Mean',
            input: ['image', 'axes'],
            attr: { keep_dims: { b: false }, T: float, Tidx: int },
          },
          { name: 'scores', op: 'AddV2', input: ['means', 'bias'], attr: { T: float } },
        ],
        versions: { producer: 1 },
      },
      weightsManifest: [
        {
          paths: ['axes.bin', 'usual.bin'],
          weights: [
            { name: 'axes', shape: [2], dtype: 'int32' },
            { name: 'usual', shape: [3], dtype: 'float32' },
          ],
        },
      ],
    };
    await writeFile(model.file, JSON.stringify(json));
    await writeFile(path.join(model.folder, 'usual.bin'), Buffer.from(Float32Array.of(0, 0.5, 0).buffer));
    expect(await answer(model, [255, 51, 102])).toEqual({ red: 1, green: 0.7, blue: 0.4 });
  });
});

it('says that the size must be a multiple of 32 where only such a size works', async () => {
  const half = {
    op: 'AveragePool',
    inputs: ['image'],
    outputs: ['half'],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  };
  const model = await written(
    {
      inputs: [{ name: 'image', dims: ['batch', 3, 'height', 'width'] }],
      nodes: [
        half,
        { op: 'Resize', inputs: ['half', '', 'twice'], outputs: ['whole'] },
        { op: 'Concat', inputs: ['image', 'whole'], outputs: ['both'], attributes: { axis: 1 } },
        mean('both', 'scores'),
      ],
      outputs: [{ name: 'scores', dims: ['batch', 6] }],
      constants: { twice: { dims: [4], data: [1, 1, 2, 2] } },
    },
    { labels: [...'abcdef'], input: { width: 95, height: 65 } },
  );
  await expect(load(model)).rejects.toThrow(
    'input.width: the size must be a multiple of 32: 96 × 64 works, 95 × 65 does not',
  );
});

describe('a file that cannot be loaded is explained in one sentence', () => {
  const zip = (...names: string[]) =>
    Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(26), Buffer.from(names.join('      '))]);
  const usual: OnnxGraph = {
    inputs: [{ name: 'image', dims: DIMS }],
    nodes: [mean('image', 'scores')],
    outputs: [{ name: 'scores', dims: SCORES }],
  };
  const lfs = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n');
  const safetensors = Buffer.from('\x40\0\0\0\0\0\0\0{"weight":{"dtype":"F32"}}', 'latin1');
  const withWeights = onnxFile({
    ...usual,
    nodes: [mean('image', 'means'), { op: 'Add', inputs: ['means', 'bias'], outputs: ['scores'] }],
    external: { bias: { dims: [3], file: 'weights.bin' } },
  });

  const cases: [string, Uint8Array, RegExp][] = [
    ['Git LFS', lfs, /is a pointer of Git LFS, .* run "git lfs pull"/],
    [
      'PyTorch',
      zip('archive/data.pkl', 'archive/version'),
      /is a PyTorch file; export it with torch.onnx.export/,
    ],
    ['older PyTorch', Buffer.from('80028a0a6cfc9c46f920', 'hex'), /is a PyTorch file/],
    ['safetensors', safetensors, /is safetensors: weights without a network/],
    [
      'TensorFlow Lite',
      Buffer.from('\x1c\0\0\0TFL3\x14\0', 'latin1'),
      /is a TensorFlow Lite file; convert it/,
    ],
    [
      'Keras 3',
      zip('metadata.json', 'config.json'),
      /is a Keras file; give it its own ending, .keras or .h5/,
    ],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n\0\0', 'latin1'), /is a Keras file; give it its own ending/],
    [
      'SavedModel',
      Buffer.from('\x08\x01\x12\xff\x20saved_model', 'latin1'),
      /is a TensorFlow SavedModel; convert it/,
    ],
    ['a web page', Buffer.from('<!DOCTYPE html><title>Sign in</title>'), /is a web page/],
    [
      'TensorFlow.js',
      Buffer.from('{"format":"graph-model"}'),
      /is JSON; a TensorFlow.js model has "engine": "tfjs"/,
    ],
    ['nothing', Buffer.alloc(0), /is empty/],
    ['cut short', onnxFile(usual).subarray(0, -9), /it is no ONNX model, or it is cut short/],
    ['opset 99', onnxFile({ ...usual, opset: 99 }), /it needs opset 99.*export it with/],
    ['IR 99', onnxFile({ ...usual, ir: 99 }), /it has IR version 99, and this ONNX Runtime knows up to \d+/],
    [
      'unknown operation',
      onnxFile({ ...usual, nodes: [{ op: 'Teleport', inputs: ['image'], outputs: ['scores'] }] }),
      /opset 13 has no operation "Teleport"/,
    ],
    ['weights missing', withWeights, /its weights are in a second file, "weights.bin", which is missing/],
    [
      'unfit types',
      onnxFile({ ...usual, outputs: [{ name: 'scores', dims: SCORES, type: 'int64' }] }),
      /does not match expected type/,
    ],
  ];

  it.each(cases)('%s', async (_name, bytes, sentence) => {
    const model = await writeMeanColor(folder, 'onnx, nchw');
    await writeFile(model.file, bytes);
    const error = await load(model).then(
      () => new Error('it was loaded'),
      (found: Error) => found,
    );
    expect(error.message).toMatch(sentence);
    expect(error.message).toMatch(/^.*manifest\.json: file: model\.onnx (is|cannot be loaded)/);
    expect(error.message).not.toMatch(/::|\.(cc|h):\d|onnxruntime_src|std|\n/);
    expect(error.message.replace(/^.*manifest\.json/, '')).not.toMatch(/\/tmp\//);
  });

  it('weights in a second file that is cut short', async () => {
    const model = await writeMeanColor(folder, 'onnx, nchw');
    await writeFile(model.file, withWeights);
    await writeFile(path.join(model.folder, 'weights.bin'), Buffer.alloc(5));
    await expect(load(model)).rejects.toThrow(/the second file with its weights is cut short \(5 bytes\)/);
  });

  it('a folder of a SavedModel', async () => {
    const model = await writeMeanColor(folder, 'onnx, nchw');
    await rm(model.file);
    await mkdir(model.file);
    await writeFile(path.join(model.file, 'saved_model.pb'), '');
    await expect(load(model)).rejects.toThrow('model.onnx is a TensorFlow SavedModel; convert it');
  });

  it('a TensorFlow.js model without its weights, with a pointer in their place, or with a part of them', async () => {
    const model = await writeMeanColor(folder, 'tfjs graph');
    const weights = path.join(model.folder, 'axes.bin');
    await writeFile(weights, Buffer.alloc(3));
    await expect(load(model)).rejects.toThrow('its weight files hold 3 of 8 bytes');
    await writeFile(weights, lfs);
    await expect(load(model)).rejects.toThrow('"axes.bin" is a pointer of Git LFS');
    await rm(weights);
    await expect(load(model)).rejects.toThrow('its weights are in "axes.bin", which is missing');
    await writeFile(model.file, lfs);
    await expect(load(model)).rejects.toThrow('model.json is a pointer of Git LFS');
    await writeFile(model.file, '{"format": "graph-mo');
    await expect(load(model)).rejects.toThrow('it is no JSON, or it is cut short');
    await writeFile(model.file, onnxFile(usual));
    await expect(load(model)).rejects.toThrow('model.json is an ONNX file; it has "engine": "onnx"');
  });
});
