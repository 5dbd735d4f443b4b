/** Darknet's layers, run by ONNX Runtime, beside loops written as darknet's own C code has them. */
import { readDarknet } from '@scry/onnx/darknet/reader';
import { writeGraph } from '@scry/onnx/graph/file';
import * as ort from 'onnxruntime-node';

const SIDE = 4;

const noise = (length: number, seed = 1) =>
  Float32Array.from({ length }, (_, at) => ((Math.sin((at + seed) * 12.9898) * 43758.5453) % 1) * 2);

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A .weights file of version 0.2. */
function weightsFile(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(20 + values.byteLength);
  bytes[4] = 2;
  bytes.set(new Uint8Array(values.buffer), 20);
  return bytes;
}

interface Result {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Runs a network on an image [1, channels, 4, 4]. */
async function run(
  layers: string,
  image: Float32Array,
  values = new Float32Array(0),
  size = SIDE,
): Promise<Result> {
  const channels = image.length / (size * size);
  const cfg = `[net]\nwidth=${size}\nheight=${size}\nchannels=${channels}\n${layers}`;
  const { graph, report } = readDarknet(cfg, weightsFile(values));
  expect(report.notes).toEqual([]);
  const session = await ort.InferenceSession.create(writeGraph(graph), { logSeverityLevel: 3 });
  const results = await session.run({ image: new ort.Tensor('float32', image, [1, channels, size, size]) });
  await session.release();
  const { dims, data } = results[graph.outputs[0]?.name ?? ''] as ort.Tensor;
  return { dims, data: data as Float32Array };
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  for (let at = 0; at < expected.length; at++)
    expect(Math.abs((found[at] as number) - (expected[at] as number))).toBeLessThan(1e-5);
}

/** activations.h */
const ACTIVATIONS: Record<string, (x: number) => number> = {
  linear: (x) => x,
  logistic: sigmoid,
  loggy: (x) => 2 / (1 + Math.exp(-x)) - 1,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  relie: (x) => (x > 0 ? x : 0.01 * x),
  ramp: (x) => Math.max(x, 0) + 0.1 * x,
  leaky: (x) => (x > 0 ? x : 0.1 * x),
  elu: (x) => (x >= 0 ? x : Math.exp(x) - 1),
  selu: (x) => (x >= 0 ? 1.0507 * x : 1.0507 * 1.6732 * (Math.exp(x) - 1)),
  tanh: Math.tanh,
  hardtan: (x) => Math.min(Math.max(x, -1), 1),
  lhtan: (x) => (x < 0 ? 0.001 * x : x > 1 ? 0.001 * (x - 1) + 1 : x),
  plse: (x) => (x < -4 ? 0.01 * (x + 4) : x > 4 ? 0.01 * (x - 4) + 1 : 0.125 * x + 0.5),
  stair: (x) => (Math.floor(x) % 2 === 0 ? Math.floor(x / 2) : x - Math.floor(x) + Math.floor(x / 2)),
  swish: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  hard_mish: (x) => (x > 0 ? x : x > -2 ? (x * x) / 2 + x : 0),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(0.797885 * x + 0.035677 * x ** 3)),
};

test.each(Object.keys(ACTIVATIONS))('%s', async (name) => {
  const image = noise(SIDE * SIDE).map((x) => 4 * x);
  const { data } = await run(`[activation]\nactivation=${name}`, image);
  const apply = ACTIVATIONS[name] as (x: number) => number;
  const difference = data.reduce(
    (worst, y, at) => Math.max(worst, Math.abs(y - apply(image[at] as number))),
    0,
  );
  expect(difference).toBeLessThan(name === 'selu' ? 1e-3 : 1e-5); // darknet writes selu's constants with four decimals
});

test('batch normalisation is multiplied into the weights, grouped and dilated', async () => {
  const [bias, scale, mean, variance, kernel] = [
    noise(2, 1),
    noise(2, 5),
    noise(2, 9),
    Float32Array.of(0.5, 2),
    noise(18, 13),
  ];
  const values = Float32Array.of(...bias, ...scale, ...mean, ...variance, ...kernel);
  const image = noise(2 * 16, 3);
  const cfg =
    '[convolutional]\nbatch_normalize=1\nfilters=2\ngroups=2\nsize=3\npad=1\ndilation=2\nactivation=linear';
  const { data } = await run(cfg, image, values);
  const expected = new Float32Array(32);
  for (let c = 0; c < 2; c++)
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) {
        let sum = 0;
        for (let i = 0; i < 9; i++) {
          const [row, column] = [y + 2 * (Math.floor(i / 3) - 1), x + 2 * ((i % 3) - 1)];
          if (row < 0 || row > 3 || column < 0 || column > 3) continue;
          sum += (image[c * 16 + row * 4 + column] as number) * (kernel[c * 9 + i] as number);
        }
        const normal = (sum - (mean[c] as number)) / Math.sqrt((variance[c] as number) + 1e-5);
        expected[c * 16 + y * 4 + x] = normal * (scale[c] as number) + (bias[c] as number);
      }
  expectClose(data, expected);
});

test('maxpool of stride 1 pads after the image, not before', async () => {
  const image = noise(16);
  const { data } = await run('[maxpool]\nsize=2\nstride=1', image);
  const at = (y: number, x: number) =>
    y < 4 && x < 4 ? (image[y * 4 + x] as number) : Number.NEGATIVE_INFINITY;
  const expected = Float32Array.from({ length: 16 }, (_, i) => {
    const [y, x] = [Math.floor(i / 4), i % 4];
    return Math.max(at(y, x), at(y, x + 1), at(y + 1, x), at(y + 1, x + 1));
  });
  expectClose(data, expected);
});

/** reorg_cpu of blas.c with forward = 0. */
function reorgCpu(x: Float32Array, w: number, h: number, c: number, stride: number): Float32Array {
  const out = new Float32Array(x.length);
  const outC = c / (stride * stride);
  for (let k = 0; k < c; k++)
    for (let j = 0; j < h; j++)
      for (let i = 0; i < w; i++) {
        const offset = Math.floor(k / outC);
        const w2 = i * stride + (offset % stride);
        const h2 = j * stride + Math.floor(offset / stride);
        out[i + w * (j + h * k)] = x[w2 + w * stride * (h2 + h * stride * (k % outC))] as number;
      }
  return out;
}

test('reorg of YOLOv2, and the proper one', async () => {
  const image = noise(8 * 16);
  expectClose((await run('[reorg]\nstride=2', image)).data, reorgCpu(image, 4, 4, 8, 2));
  expectClose((await run('[reorg3d]\nstride=2', image)).data, reorgCpu(image, 2, 2, 32, 2));
});

/** shortcut_cpu in src/blas.c, which ResNet's configurations use where an image becomes smaller. */
test('a shortcut from a larger image takes every so many of its pixels', async () => {
  const image = noise(3 * 16);
  const pooled = '[dropout]\n[maxpool]\nsize=2\nstride=2\npadding=0\n';
  const { dims, data } = await run(
    `${pooled}[route]\nlayers=-1,-1\n[shortcut]\nfrom=0\nactivation=leaky`,
    image,
  );
  expect(dims).toEqual([1, 24]);
  const at = (c: number, y: number, x: number) => image[(c * SIDE + y) * SIDE + x] as number;
  const expected = Array.from({ length: 24 }, (_, index) => {
    const [c, y, x] = [Math.floor(index / 4), Math.floor(index / 2) % 2, index % 2];
    const cells = [0, 1].flatMap((i) => [0, 1].map((j) => at(c % 3, 2 * y + i, 2 * x + j)));
    const sum = Math.max(...cells) + (c < 3 ? at(c, 2 * y, 2 * x) : 0);
    return sum > 0 ? sum : 0.1 * sum;
  });
  expectClose(data, expected);
});

test('routes cut groups of channels, shortcuts fit and activate, upsampling repeats', async () => {
  const image = noise(4 * 16);
  const groups = await run('[dropout]\n[route]\nlayers=0\ngroups=2\ngroup_id=1', image);
  expectClose(groups.data, image.slice(32));
  const narrow = '[dropout]\n[route]\nlayers=0\ngroups=2\ngroup_id=0\n[shortcut]\nfrom=0\nactivation=leaky';
  const expected = image.slice(0, 32).map((x) => (x > 0 ? 2 * x : 0.2 * x));
  expectClose((await run(narrow, image)).data, expected);
  const wide =
    '[dropout]\n[route]\nlayers=0\ngroups=2\ngroup_id=0\n[route]\nlayers=0\n[shortcut]\nfrom=1\nactivation=linear';
  expectClose(
    (await run(wide, image)).data,
    image.map((x, at) => (at < 32 ? 2 * x : x)),
  );
  const { data } = await run('[upsample]\nstride=2', image.slice(0, 16));
  expectClose(
    data,
    Float32Array.from(
      { length: 64 },
      (_, i) => image[Math.floor(i / 16) * 4 + Math.floor((i % 8) / 2)] as number,
    ),
  );
});

test('classifiers end in probabilities', async () => {
  const image = noise(3 * 16);
  const { dims, data } = await run('[avgpool]\n[softmax]', image);
  const means = [0, 1, 2].map((c) => image.slice(c * 16, c * 16 + 16).reduce((sum, x) => sum + x, 0) / 16);
  const total = means.reduce((sum, mean) => sum + Math.exp(mean), 0);
  expect(dims).toEqual([1, 3]);
  expectClose(
    data,
    means.map((mean) => Math.exp(mean) / total),
  );
});

describe('detection layers', () => {
  const image = noise(2 * 7 * 16); // two anchors, two classes, 4 × 4 cells
  const cell = (anchor: number, value: number, y: number, x: number) =>
    image[(anchor * 7 + value) * 16 + y * 4 + x] as number;
  const anchors = [
    [1, 1.5],
    [2, 3],
  ] as const;

  type Box = (
    value: (index: number) => number,
    y: number,
    x: number,
    anchor: readonly [number, number],
  ) => number[];

  /** One row per anchor, row and column. */
  function rows(box: Box): number[] {
    return anchors.flatMap((anchor, a) =>
      Array.from({ length: 16 }, (_, at) => {
        const [y, x] = [Math.floor(at / 4), at % 4];
        return box((index) => cell(a, index, y, x), y, x, anchor);
      }).flat(),
    );
  }

  test('yolo, with scale_x_y', async () => {
    const cfg = '[yolo]\nmask=1,2\nanchors=9,9, 1,1.5, 2,3\nclasses=2\nnum=3\nscale_x_y=1.05';
    const { dims, data } = await run(cfg, image);
    expect(dims).toEqual([1, 32, 7]);
    const expected = rows((v, y, x, [w, h]) => [
      (x + sigmoid(v(0)) * 1.05 - 0.025) / 4,
      (y + sigmoid(v(1)) * 1.05 - 0.025) / 4,
      (Math.exp(v(2)) * w) / SIDE,
      (Math.exp(v(3)) * h) / SIDE,
      ...[4, 5, 6].map((index) => sigmoid(v(index))),
    ]);
    expectClose(data, expected);
  });

  test('yolo with new_coords takes its numbers as they are', async () => {
    const cfg = '[yolo]\nmask=0,1\nanchors=1,1.5, 2,3\nclasses=2\nnum=2\nscale_x_y=2\nnew_coords=1';
    const { data } = await run(cfg, image);
    const expected = rows((v, y, x, [w, h]) => [
      (x + v(0) * 2 - 0.5) / 4,
      (y + v(1) * 2 - 0.5) / 4,
      (4 * v(2) ** 2 * w) / SIDE,
      (4 * v(3) ** 2 * h) / SIDE,
      ...[4, 5, 6].map(v),
    ]);
    expectClose(data, expected);
  });

  test('region: anchors in cells, classes by softmax', async () => {
    const cfg = '[region]\nanchors=1,1.5, 2,3\nclasses=2\ncoords=4\nnum=2\nsoftmax=1';
    const { data } = await run(cfg, image);
    const expected = rows((v, y, x, [w, h]) => {
      const total = Math.exp(v(5)) + Math.exp(v(6));
      return [
        (x + sigmoid(v(0))) / 4,
        (y + sigmoid(v(1))) / 4,
        (Math.exp(v(2)) * w) / 4,
        (Math.exp(v(3)) * h) / 4,
        sigmoid(v(4)),
        Math.exp(v(5)) / total,
        Math.exp(v(6)) / total,
      ];
    });
    expectClose(data, expected);
  });
});
