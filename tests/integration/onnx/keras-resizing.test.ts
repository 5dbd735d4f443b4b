/** Resizing by antialiased and wide filters, against TensorFlow's answers and plain sums. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { convert } from '@scry/onnx/convert';
import sharp from 'sharp';
import type { Array3 } from '../../helpers/keras/compute.js';
import { errorWith, one } from '../../helpers/keras/one-layer.js';
import { Recorder, type Tensor } from '../../helpers/keras/recorder.js';
import { runOnnx } from '../../helpers/keras/run.js';
import { hdf5Model } from '../../helpers/keras/write.js';
import { describeWithReference, REFERENCE } from '../../helpers/reference.js';

const CLOSE = 1e-5;

type Filter = (distance: number) => number;

const lanczos =
  (radius: number): Filter =>
  (x) => {
    if (x === 0) return 1;
    return x > radius
      ? 0
      : (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2;
  };

const FILTERS: Readonly<Record<string, Filter>> = {
  bilinear: (x) => Math.max(0, 1 - x),
  bicubic: (x) =>
    x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0,
  mitchellcubic: (x) =>
    x < 1
      ? (7 * x ** 3 - 12 * x ** 2 + 16 / 3) / 6
      : x < 2
        ? ((-7 / 3) * x ** 3 + 12 * x ** 2 - 20 * x + 32 / 3) / 6
        : 0,
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: (x) => (x < 1.5 ? Math.exp(-2 * x * x) : 0),
};

/** Weights [to][from] of one axis. */
function weights(from: number, to: number, filter: Filter, antialias: boolean): number[][] {
  const scale = from / to;
  const wide = antialias ? Math.max(1, scale) : 1;
  return Array.from({ length: to }, (_, target) => {
    const row = Array.from({ length: from }, (_, at) =>
      filter(Math.abs(at + 0.5 - (target + 0.5) * scale) / wide),
    );
    const total = row.reduce((sum, weight) => sum + weight, 0);
    return row.map((weight) => weight / total);
  });
}

function resized(x: Array3, height: number, width: number, filter: Filter, antialias: boolean): Array3 {
  const [rows = 0, columns = 0, channels = 0] = x.shape;
  const down = weights(rows, height, filter, antialias);
  const across = weights(columns, width, filter, antialias);
  const data = Float32Array.from({ length: height * width * channels }, (_, index) => {
    const [c, pixel] = [index % channels, Math.floor(index / channels)];
    let sum = 0;
    for (const [y, byRow] of (down[Math.floor(pixel / width)] as number[]).entries())
      for (const [z, byColumn] of (across[pixel % width] as number[]).entries())
        sum += byRow * byColumn * (x.data[(y * columns + z) * channels + c] as number);
    return sum;
  });
  return { shape: [height, width, channels], data };
}

test.each(
  Object.keys(FILTERS).flatMap((filter) =>
    [true, false]
      .filter((antialias) => antialias || !/^bi/.test(filter))
      .flatMap(
        (antialias) =>
          [
            [filter, antialias, 4, 5],
            [filter, antialias, 17, 9],
          ] as const,
      ),
  ),
)('Resizing by %s, antialiased: %s, to %i × %i', async (interpolation, antialias, height, width) => {
  const config = { height, width, interpolation, antialias, crop_to_aspect_ratio: false };
  const filter = FILTERS[interpolation] as Filter;
  const layer = (k: Recorder, x: Tensor) =>
    k.add('Resizing', [x], (values) => resized(one(values), height, width, filter, antialias), { config });
  expect(await errorWith(layer, { shape: [11, 13, 2] })).toBeLessThan(CLOSE);
  expect(await errorWith(layer, { shape: [11, 13, 2], stated: [null, null, 2] })).toBeLessThan(CLOSE);
});

test('UpSampling2D by lanczos3', async () => {
  const config = { size: [2, 3], interpolation: 'lanczos3' };
  const layer = (k: Recorder, x: Tensor) =>
    k.add('UpSampling2D', [x], (values) => resized(one(values), 10, 18, lanczos(3), false), { config });
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
});

interface Case {
  readonly source: string;
  readonly library: string;
  readonly method: string;
  readonly how: string;
  readonly width: number;
  readonly height: number;
  readonly file: string;
}

const FOLDER = path.join(REFERENCE, 'resample');

async function sourceOf(file: string): Promise<Array3> {
  const image = sharp(path.join(FOLDER, file));
  const pixels = file.startsWith('gray') ? image.extractChannel(0) : image;
  const { data, info } = await pixels.raw().toBuffer({ resolveWithObject: true });
  return { shape: [info.height, info.width, info.channels], data: Float32Array.from(data) };
}

/** Levels by which a converted Resizing layer is off. */
async function levelsOff({ source, method, height, width, file }: Case): Promise<number> {
  const image = await sourceOf(source);
  const [interpolation = '', antialias] = method.split('-');
  const k = new Recorder('resizing');
  const x = k.input(image.shape, 'image');
  const config = { height, width, interpolation, antialias: antialias !== undefined };
  k.outputs = [k.add('Resizing', [x], (values) => one(values), { config })];
  const { onnx } = await convert(new Map([['model.h5', await hdf5Model(k, 3)]]));
  const [actual] = await runOnnx(onnx, [image]);
  const wanted = new Float32Array(new Uint8Array(await readFile(path.join(FOLDER, file))).buffer);
  expect(actual).toHaveLength(wanted.length);
  return wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - (actual?.[at] as number))), 0);
}

describeWithReference('Resizing', () => {
  test('is that of TensorFlow: area, and bilinear and bicubic with antialiasing', async () => {
    const { cases } = JSON.parse(await readFile(path.join(FOLDER, 'expected.json'), 'utf8')) as {
      cases: Case[];
    };
    const chosen = cases.filter(
      ({ library, method, how }) =>
        library === 'tensorflow' && how === 'stretch' && /^(area|\w+-antialias)$/.test(method),
    );
    expect(chosen.length).toBeGreaterThanOrEqual(30);
    const wrong: string[] = [];
    for (const each of chosen) {
      const off = await levelsOff(each);
      if (off > 0.001) wrong.push(`${each.file}: ${off}`);
    }
    expect(wrong).toEqual([]);
  });
});
