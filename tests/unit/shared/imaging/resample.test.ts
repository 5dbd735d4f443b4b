import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Library } from '@scry/shared/imaging/resample/libraries';
import { type FitRules, placeImage, type Resize } from '@scry/shared/imaging/resample/placement';
import { type Raster, type Scaling, wholeScaling } from '@scry/shared/imaging/resample/raster';
import { type Method, resample } from '@scry/shared/imaging/resample/resample';
import sharp from 'sharp';
import { describeWithReference, REFERENCE } from '../../../helpers/reference.js';

interface Case {
  readonly source: string;
  readonly library: Library;
  readonly method: string;
  readonly how: string;
  readonly width: number;
  readonly height: number;
  readonly file: string;
}

const FOLDER = path.join(REFERENCE, 'resample');
const NAMES: Readonly<Record<string, string>> = { linear: 'bilinear', cubic: 'bicubic' };
const { cases } = await readFile(path.join(FOLDER, 'expected.json'), 'utf8').then(
  (text) => JSON.parse(text) as { cases: readonly Case[] },
  () => ({ cases: [] }), // the suites are skipped where the folder is missing
);

async function load(file: string): Promise<Raster> {
  const image = sharp(path.join(FOLDER, file));
  // sharp makes three channels of a gray PNG; the libraries read one.
  const pixels = file.startsWith('gray') ? image.extractChannel(0) : image;
  const { data, info } = await pixels.raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
}

async function expected(file: string): Promise<Uint8Array | Float32Array> {
  if (!file.endsWith('.f32')) return (await load(file)).data;
  return new Float32Array(new Uint8Array(await readFile(path.join(FOLDER, file))).buffer);
}

function methodOf({ library, method }: Case): Method {
  const [filter = '', antialias] = method.split('-');
  return { library, filter: NAMES[filter] ?? filter, antialias: antialias === 'antialias' };
}

/** Levels by which two images differ at the most. */
function difference(actual: Uint8Array | Float32Array, wanted: Uint8Array | Float32Array): number {
  expect(actual).toHaveLength(wanted.length);
  let most = 0;
  for (const [at, value] of wanted.entries()) most = Math.max(most, Math.abs(value - (actual[at] as number)));
  return most;
}

/** 8-bit levels must be equal; float levels, which libraries add up in different orders, nearly so. */
const allowed = (file: string) => (file.endsWith('.f32') ? 0.001 : 0);

describeWithReference('resampling', () => {
  it.each(['pillow', 'opencv', 'tensorflow', 'torch'])('is that of %s in every case', async (library) => {
    const wrong: string[] = [];
    const chosen = cases.filter((one) => one.library === library && one.how === 'stretch');
    for (const one of chosen) {
      const source = await load(one.source);
      const actual = resample(source, wholeScaling(source, one.width, one.height), methodOf(one));
      const most = difference(actual, await expected(one.file));
      if (most > allowed(one.file)) wrong.push(`${one.file}: ${most}`);
    }
    expect(chosen.length).toBeGreaterThanOrEqual(44);
    expect(wrong).toEqual([]);
  });
});

/** The computed pixels laid into their padding. */
function prepared(source: Raster, rules: FitRules, method: Method, pad: number): Uint8Array | Float32Array {
  const { scaling, left, top } = placeImage(source, rules, method.library);
  const pixels = resample(source, scaling, method);
  const { channels } = source;
  const whole = (pixels instanceof Uint8Array ? new Uint8Array(0) : new Float32Array(0)).constructor as
    | Uint8ArrayConstructor
    | Float32ArrayConstructor;
  const input = new whole(rules.width * rules.height * channels).fill(pad);
  const row = scaling.x.count * channels;
  for (let y = 0; y < scaling.y.count; y++)
    input.set(pixels.subarray(y * row, (y + 1) * row), ((y + top) * rules.width + left) * channels);
  return input;
}

describeWithReference('bringing an image to the size of an input', () => {
  const ways: readonly [string, Resize, { crop?: number; pad?: number }][] = [
    ['shorter-73-crop-64', 'cover', { crop: 73 }],
    ['contain-114-center', 'contain', { pad: 114 }],
    ['resize-with-pad-0', 'contain', {}],
    ['keras-crop-to-aspect-ratio', 'fit', {}],
  ];

  it.each(ways)('is %s as the libraries do it', async (how, resize, { crop, pad = 0 }) => {
    const wrong: string[] = [];
    const chosen = cases.filter((one) => one.how === how);
    for (const one of chosen) {
      const rules: FitRules = { width: one.width, height: one.height, resize, crop, align: 'center' };
      const actual = prepared(await load(one.source), rules, methodOf(one), pad);
      const most = difference(actual, await expected(one.file));
      if (most > allowed(one.file)) wrong.push(`${one.file}: ${most}`);
    }
    expect(chosen).toHaveLength(3);
    expect(wrong).toEqual([]);
  });
});

const ramp = (width: number, height: number): Raster => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 37) % 256),
  width,
  height,
  channels: 3,
});

/** Part of a scaled image. */
const windowed = ({ x, y }: Scaling): Scaling => ({
  x: { ...x, first: 3, count: x.scaled - 5 },
  y: { ...y, first: 2, count: y.scaled - 7 },
});

describe('a window of a scaled image', () => {
  const methods: readonly Method[] = [
    { library: 'pillow', filter: 'nearest', antialias: false },
    { library: 'pillow', filter: 'lanczos', antialias: false },
    { library: 'opencv', filter: 'bilinear', antialias: false },
    { library: 'opencv', filter: 'area', antialias: false },
    { library: 'tensorflow', filter: 'bicubic', antialias: true },
    { library: 'torch', filter: 'bilinear', antialias: false },
  ];

  it.each(methods)('holds the pixels of the whole ($library $filter)', (method) => {
    const source = ramp(41, 29);
    const scaling = wholeScaling(source, 23, 17);
    const whole = resample(source, scaling, method);
    const part = resample(source, windowed(scaling), method);
    const rows = Array.from({ length: 17 - 7 }, (_, row) => [
      ...whole.subarray(((row + 2) * 23 + 3) * 3, ((row + 2) * 23 + 3 + 23 - 5) * 3),
    ]);
    expect([...part]).toEqual(rows.flat());
  });
});

describe('resampling an image that is as large as the input', () => {
  const all = (['pillow', 'opencv', 'tensorflow', 'torch'] as const).flatMap((library) =>
    (['nearest', 'bilinear', 'bicubic'] as const).map((filter) => ({ library, filter, antialias: true })),
  );

  it.each(all)('changes nothing ($library $filter)', (method) => {
    const source = ramp(19, 13);
    expect([...resample(source, wholeScaling(source, 19, 13), method)]).toEqual([...source.data]);
  });
});

describe('a filter that a library does not have', () => {
  it('is refused with those that it has', () => {
    const source = ramp(2, 2);
    const method: Method = { library: 'opencv', filter: 'hamming', antialias: false };
    expect(() => resample(source, wholeScaling(source, 2, 2), method)).toThrow(
      'opencv has no filter "hamming" but nearest, bilinear, bicubic, area',
    );
  });
});

describe('memory', () => {
  it('stays bounded for an image far taller than wide', () => {
    const source: Raster = { data: new Uint8Array(65_000).fill(7), width: 1, height: 65_000, channels: 1 };
    const before = process.memoryUsage.rss();
    const pixels = resample(source, wholeScaling(source, 512, 4), {
      library: 'tensorflow',
      filter: 'bilinear',
      antialias: true,
    });
    expect(pixels.every((value) => Math.abs(value - 7) < 0.001)).toBe(true);
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024); // all rows would be 133 MB
  });
});
