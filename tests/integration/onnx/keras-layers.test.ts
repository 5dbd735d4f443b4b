/** Layers that move or weigh pixels, against plain formulas. */
import { convert } from '@scry/onnx/convert';
import { type Array3, map, pad } from '../../helpers/keras/compute.js';
import { describeModel } from '../../helpers/keras/describe.js';
import { errorWith, one } from '../../helpers/keras/one-layer.js';
import { Recorder, type Tensor } from '../../helpers/keras/recorder.js';
import { errorOf, runOnnx } from '../../helpers/keras/run.js';
import { hdf5Model, kerasModel } from '../../helpers/keras/write.js';

const CLOSE = 1e-5;

/** Adds each input number times each tap of the kernel where a transposed convolution puts it. */
function spread(
  x: Array3,
  kernel: Array3,
  stride: number,
  [height, width]: readonly [number, number],
  before: number,
): Array3 {
  const [, columns = 0, channels = 0] = x.shape;
  const [kh = 0, kw = 0, filters = 0] = kernel.shape;
  const data = new Float32Array(height * width * filters);
  for (const [index, value] of x.data.entries()) {
    const [c, pixel] = [index % channels, Math.floor(index / channels)];
    for (let i = 0; i < kh; i += 1)
      for (let j = 0; j < kw; j += 1) {
        const y = Math.floor(pixel / columns) * stride + i - before;
        const z = (pixel % columns) * stride + j - before;
        if (y < 0 || z < 0 || y >= height || z >= width) continue;
        for (let f = 0; f < filters; f += 1) {
          const at = (y * width + z) * filters + f;
          data[at] =
            (data[at] as number) +
            value * (kernel.data[((i * kw + j) * filters + f) * channels + c] as number);
        }
      }
  }
  return { shape: [height, width, filters], data };
}

test.each([
  ['same', 3, 2, 0],
  ['same', 4, 2, 1],
  ['same', 2, 3, 0],
  ['valid', 3, 2, 0],
  ['valid', 2, 3, 0],
] as const)(
  'Conv2DTranspose with %s padding, a kernel of %i and a stride of %i',
  async (padding, size, stride, before) => {
    const layer = (k: Recorder, x: Tensor) => {
      const kernel = k.weight('kernel', [size, size, 5, 4]);
      const extent = (length: number) =>
        length * stride + (padding === 'valid' ? Math.max(size - stride, 0) : 0);
      return k.add(
        'Conv2DTranspose',
        [x],
        (values) => spread(one(values), kernel, stride, [extent(5), extent(6)], before),
        {
          weights: [kernel],
          config: {
            filters: 5,
            kernel_size: [size, size],
            strides: [stride, stride],
            padding,
            use_bias: false,
            activation: 'linear',
          },
        },
      );
    };
    expect(await errorWith(layer)).toBeLessThan(CLOSE);
    expect(await errorWith(layer, { stated: [null, null, 4] })).toBeLessThan(CLOSE);
  },
);

test('Permute, Reshape, RepeatVector and Flatten see channels last', async () => {
  const layer = (k: Recorder, x: Tensor) => {
    const image = k.conv(x, 3, 1);
    const turned = k.add(
      'Permute',
      [image],
      (values) => {
        const { data } = one(values);
        return {
          shape: [3, 5, 6],
          data: Float32Array.from(
            { length: 90 },
            (_, i) => data[(i % 30) * 3 + Math.floor(i / 30)] as number,
          ),
        };
      },
      { config: { dims: [3, 1, 2] } },
    );
    const flat = k.flatten(k.reshape(turned, [9, 10]));
    return k.add(
      'RepeatVector',
      [flat],
      (values) => {
        const { data } = one(values);
        return { shape: [2, 90], data: Float32Array.from({ length: 180 }, (_, i) => data[i % 90] as number) };
      },
      { config: { n: 2 } },
    );
  };
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
});

test('batch normalisation along another axis than the channels', async () => {
  const layer = (k: Recorder, x: Tensor) => {
    const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
    const [gamma, beta, mean, variance] = names.map((name, i) => k.weight(name, [5], 0.5, 1, i < 2));
    return k.add(
      'BatchNormalization',
      [k.conv(x, 2, 1)],
      (values) =>
        map(one(values), (v, index) => {
          const row = Math.floor(index / 12);
          const of = (w?: { data: Float32Array }) => w?.data[row] as number;
          return ((v - of(mean)) / Math.sqrt(of(variance) + 0.01)) * of(gamma) + of(beta);
        }),
      { weights: [gamma, beta, mean, variance] as never, config: { axis: [1], epsilon: 0.01 } },
    );
  };
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
});

test('group normalisation', async () => {
  const layer = (k: Recorder, x: Tensor) => {
    const [gamma, beta] = [k.weight('gamma', [4], 0.5, 1), k.weight('beta', [4])];
    return k.add(
      'GroupNormalization',
      [x],
      (values) => {
        const { shape, data } = one(values);
        const group = (g: number) => data.filter((_, index) => Math.floor((index % 4) / 2) === g);
        const statistics = [0, 1].map((g) => {
          const all = group(g);
          const mean = all.reduce((sum, v) => sum + v, 0) / all.length;
          return {
            mean,
            root: Math.sqrt(all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / all.length + 1e-3),
          };
        });
        const normal = data.map((v, index) => {
          const { mean, root } = statistics[Math.floor((index % 4) / 2)] as { mean: number; root: number };
          return ((v - mean) / root) * (gamma.data[index % 4] as number) + (beta.data[index % 4] as number);
        });
        return { shape, data: normal };
      },
      { weights: [gamma, beta], config: { groups: 2, axis: -1, epsilon: 1e-3 } },
    );
  };
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
});

/** Bilinear with the centres of pixels and without antialiasing, as TensorFlow resizes. */
function bilinear(x: Array3, height: number, width: number): Array3 {
  const [rows = 0, columns = 0, channels = 0] = x.shape;
  const at = (position: number, size: number, to: number) => {
    const source = Math.min(Math.max(((position + 0.5) * size) / to - 0.5, 0), size - 1);
    const low = Math.floor(source);
    return { low, high: Math.min(low + 1, size - 1), share: source - low };
  };
  const data = Float32Array.from({ length: height * width * channels }, (_, index) => {
    const pixel = Math.floor(index / channels);
    const [y, z] = [at(Math.floor(pixel / width), rows, height), at(pixel % width, columns, width)];
    const value = (row: number, column: number) =>
      x.data[(row * columns + column) * channels + (index % channels)] as number;
    const mix = (row: number) => value(row, z.low) * (1 - z.share) + value(row, z.high) * z.share;
    return mix(y.low) * (1 - y.share) + mix(y.high) * y.share;
  });
  return { shape: [height, width, channels], data };
}

test.each([
  [10, 12],
  [3, 4],
  [7, 5],
])('a bilinear Resizing to %i × %i follows the centres of pixels', async (height, width) => {
  const config = { height, width, interpolation: 'bilinear', crop_to_aspect_ratio: false };
  const layer = (k: Recorder, x: Tensor) =>
    k.add('Resizing', [x], (values) => bilinear(one(values), height, width), { config });
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
  expect(await errorWith(layer, { stated: [null, null, 4] })).toBeLessThan(CLOSE);
});

/** The part of an image that begins at a row and column. */
function part(x: Array3, [top, left]: readonly number[], [height, width]: readonly number[]): Array3 {
  const [h = 0, w = 0, y = 0, z = 0] = [height, width, top, left];
  return pad(x, [
    [-y, -((x.shape[0] as number) - h - y)],
    [-z, -((x.shape[1] as number) - w - z)],
  ]);
}

test.each([
  ['Resizing that crops a wide image', 'Resizing', [6, 9], [6, 6], (x: Array3) => part(x, [0, 1], [6, 6])],
  ['Resizing that crops a tall image', 'Resizing', [9, 4], [4, 4], (x: Array3) => part(x, [2, 0], [4, 4])],
  ['CenterCrop of a larger image', 'CenterCrop', [9, 8], [4, 5], (x: Array3) => part(x, [2, 1], [4, 5])],
  ['CenterCrop of an image with one side too small', 'CenterCrop', [4, 9], [5, 5], undefined],
] as const)('%s, of known and of free size', async (_, className, shape, [height, width], expected) => {
  const config = { height, width, crop_to_aspect_ratio: true, interpolation: 'bilinear' };
  const layer = (k: Recorder, x: Tensor) =>
    k.add(
      className,
      [x],
      (values) => expected?.(one(values)) ?? bilinear(part(one(values), [0, 2], [4, 4]), height, width),
      { config },
    );
  expect(await errorWith(layer, { shape: [...shape, 2] })).toBeLessThan(CLOSE);
  expect(await errorWith(layer, { shape: [...shape, 2], stated: [null, null, 2] })).toBeLessThan(CLOSE);
});

test('Resizing that pads to the aspect ratio', async () => {
  const config = { height: 8, width: 8, pad_to_aspect_ratio: true, fill_value: 0, interpolation: 'nearest' };
  const layer = (k: Recorder, x: Tensor) =>
    k.add(
      'Resizing',
      [x],
      (values) =>
        pad(one(values), [
          [2, 2],
          [0, 0],
        ]),
      { config },
    );
  expect(await errorWith(layer, { shape: [4, 8, 2] })).toBeLessThan(CLOSE);
  expect(await errorWith(layer, { shape: [4, 8, 2], stated: [null, null, 2] })).toBeLessThan(CLOSE);
});

test('operations of Keras 3 that share their name with a layer', async () => {
  const k = new Recorder('names');
  const x = k.input([2, 3, 2], 'image');
  const tripled = k.add('Multiply', [x], (values) => map(one(values), (v) => 3 * v), { name: 'tripled' });
  k.outputs = [
    k.add('Reshape', [tripled], (values) => ({ ...one(values), shape: [6, 2] }), { name: 'flat' }),
  ];
  const config = JSON.parse(
    JSON.stringify(describeModel(k, 3))
      .replace('"kwargs":{}', '"kwargs":{"x2":3}')
      .replace('"name":"flat"', '"name":"flat","newshape":[-1,6,2]'),
  );
  const { error } = await errorOf(k, 'model.keras', await kerasModel(k, { config }));
  expect(error).toBeLessThan(CLOSE);
  const across = JSON.parse(JSON.stringify(config).replace('[-1,6,2]', '[-1,2]'));
  await expect(errorOf(k, 'model.keras', await kerasModel(k, { config: across }))).rejects.toThrow(
    'reshapes across the images of a batch',
  );
});

test('preprocess_input inside a model: channels turned around and a bias taken off', async () => {
  const reversed = (k: Recorder, x: Tensor) => {
    const slice = { slice_spec: [{ class_name: '__ellipsis__' }, { start: null, stop: null, step: -1 }] };
    const turned = k.add(
      'op:__operators__.getitem',
      [x],
      (values) => {
        const { shape, data } = one(values);
        return { shape, data: data.map((_, i) => data[i - (i % 4) + 3 - (i % 4)] as number) };
      },
      { kwargs: slice },
    );
    const bias = [-1, -2, -3, -4];
    return k.add(
      'op:nn.bias_add',
      [turned],
      (values) => map(one(values), (v, i) => v + (bias[i % 4] as number)),
      {
        kwargs: { bias, data_format: 'NHWC', name: null },
      },
    );
  };
  expect(await errorWith(reversed, { version: 2 })).toBeLessThan(CLOSE);
});

test('channels first, as Keras computes it on some machines', async () => {
  const first = (x: Array3): Array3 => {
    const [h = 0, w = 0, c = 0] = x.shape;
    return {
      shape: [c, h, w],
      data: Float32Array.from(
        { length: c * h * w },
        (_, i) => x.data[(i % (h * w)) * c + Math.floor(i / (h * w))] as number,
      ),
    };
  };
  const last = new Recorder('last');
  const convolved = last.conv(last.input([6, 7, 3]), 4, 3, { strides: 2, bias: true, name: 'conv' });
  last.outputs = [last.globalPool(last.norm(convolved, { name: 'bn' }))];
  const model = describeModel(last, 2);
  const text = JSON.stringify(model)
    .replaceAll('channels_last', 'channels_first')
    .replaceAll('[null,6,7,3]', '[null,3,6,7]')
    .replaceAll('"axis":[3]', '"axis":[1]');
  const bytes = await hdf5Model(last, 2, { config: JSON.parse(text) });
  const { onnx, report } = await convert(new Map([['model.h5', bytes]]));
  expect(report.inputs[0]).toMatchObject({ layout: 'NCHW', channels: 3, height: 6, width: 7 });
  const [answer] = await runOnnx(onnx, [first(last.inputs[0]?.value as Array3)]);
  expect(
    Math.max(...(last.outputs[0]?.value.data.map((v, i) => Math.abs(v - (answer?.[i] ?? Number.NaN))) ?? [])),
  ).toBeLessThan(CLOSE);
});
