/** Layers that move or weigh pixels, against plain formulas. */
import { convert } from '@scry/onnx/convert';
import { type Array3, map } from '../../helpers/keras/compute.js';
import { describeModel } from '../../helpers/keras/describe.js';
import { errorWith, one } from '../../helpers/keras/one-layer.js';
import { Recorder, type Tensor } from '../../helpers/keras/recorder.js';
import { runOnnx } from '../../helpers/keras/run.js';
import { hdf5Model } from '../../helpers/keras/write.js';

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

test('a bilinear Resizing that enlarges follows the centres of pixels', async () => {
  const layer = (k: Recorder, x: Tensor) =>
    k.add(
      'Resizing',
      [x],
      (values) => {
        const { data } = one(values);
        const at = (position: number, size: number) => {
          const source = Math.min(Math.max((position + 0.5) / 2 - 0.5, 0), size - 1);
          return {
            low: Math.floor(source),
            high: Math.min(Math.floor(source) + 1, size - 1),
            part: source - Math.floor(source),
          };
        };
        const result = Float32Array.from({ length: 10 * 12 * 4 }, (_, index) => {
          const [y, z] = [at(Math.floor(index / 48), 5), at(Math.floor(index / 4) % 12, 6)];
          const pixel = (row: number, column: number) => data[(row * 6 + column) * 4 + (index % 4)] as number;
          const mix = (row: number) => pixel(row, z.low) * (1 - z.part) + pixel(row, z.high) * z.part;
          return mix(y.low) * (1 - y.part) + mix(y.high) * y.part;
        });
        return { shape: [10, 12, 4], data: result };
      },
      { config: { height: 10, width: 12, interpolation: 'bilinear', crop_to_aspect_ratio: false } },
    );
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
  expect(await errorWith(layer, { stated: [null, null, 4] })).toBeLessThan(CLOSE);
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
