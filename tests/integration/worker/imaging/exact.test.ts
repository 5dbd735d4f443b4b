import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Geometry, toImage } from '@scry/worker/imaging/geometry';
import { type ImageInput, ImageReader, type PreparedImage } from '@scry/worker/imaging/image-reader';
import sharp from 'sharp';
import { makeBmp } from '../../../corpus/bmp.js';
import { drawScene, HEIGHT, WIDTH } from '../../../corpus/scene.js';
import { describeWithReference, REFERENCE } from '../../../helpers/reference.js';

const base: ImageInput = {
  width: WIDTH,
  height: HEIGHT,
  channels: 'rgb',
  resample: 'pillow',
  filter: 'bilinear',
  antialias: false,
  resize: 'stretch',
  crop: undefined,
  pad: 0,
  align: 'center',
};

let reader: ImageReader;

beforeAll(() => {
  reader = new ImageReader({ maxPixels: 20_000_000, timeoutS: 20 });
});

afterAll(() => reader.close());

/** The bytes as storage gives them, in a buffer of their own. */
const stored = async (bytes: Uint8Array): Promise<Buffer> => Buffer.from(bytes);

async function readFrom(bytes: Promise<Buffer>, input: Partial<ImageInput>): Promise<PreparedImage> {
  const prepared = await reader.prepare(bytes, { ...base, ...input });
  if (!prepared.ok) throw new Error(prepared.error.message);
  return prepared.image;
}

const read = async (bytes: Uint8Array, input: Partial<ImageInput>) => readFrom(stored(bytes), input);

const png = (data: Uint8Array, width: number, height: number) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

/** The red levels of each row. */
const reds = ({ pixels }: PreparedImage, width: number): number[][] =>
  Array.from({ length: pixels.length / 3 / width }, (_, row) =>
    Array.from({ length: width }, (_, column) => Math.round(pixels[(row * width + column) * 3] as number)),
  );

describe('an image smaller than the input', () => {
  const four = Uint8Array.from([40, 200, 40, 200].flatMap((level) => [level, level, level]));

  it('is enlarged around its middle with "fast", not shifted by half a pixel', async () => {
    const image = await read(await png(four, 2, 2), { width: 4, height: 4, resample: 'fast' });
    const row = [40, 80, 160, 200];
    expect(reds(image, 4)).toEqual([row, row, row, row]);
  });

  it.each(['bilinear', 'bicubic', 'nearest'] as const)('is as symmetrical as it was (%s)', async (filter) => {
    const symmetrical = Uint8Array.from([40, 200, 200, 40].flatMap((level) => [level, level, level]));
    for (const [width, height] of [
      [4, 1],
      [1, 4],
      [2, 2],
    ] as const) {
      const input = { width: 9, height: 9, resample: 'fast', filter } as const;
      const rows = reds(await read(await png(symmetrical, width, height), input), 9);
      const turned = rows.toReversed().map((row) => row.toReversed());
      if (filter !== 'nearest') expect(turned).toEqual(rows); // nearest has to choose a side in the middle
      expect(rows.flat().every((level) => filter !== 'nearest' || level === 40 || level === 200)).toBe(true);
    }
  });

  it('that grows on one side only is not shifted either', async () => {
    const wide = Uint8Array.from({ length: 64 * 2 * 3 }, (_, at) => (at < 64 * 3 ? 40 : 200));
    const image = await read(await png(wide, 64, 2), { width: 32, height: 4, resample: 'fast' });
    expect(reds(image, 32).map(([first]) => first)).toEqual([40, 80, 160, 200]);
  });
});

describeWithReference('a whole decode', () => {
  it('has the pixels of Pillow and OpenCV, whatever the JPEG is like', async () => {
    const { cases } = JSON.parse(await readFile(path.join(REFERENCE, 'resample/expected.json'), 'utf8')) as {
      cases: { source: string; how: string; file: string; width: number; height: number }[];
    };
    const decodes = cases.filter(({ how }) => how === 'decode');
    const wrong: string[] = [];
    for (const { source, file, width, height } of decodes) {
      const { pixels } = await readFrom(readFile(path.join(REFERENCE, 'resample', source)), {
        width,
        height,
      });
      const expected = await sharp(path.join(REFERENCE, 'resample', file))
        .raw()
        .toBuffer();
      if (!expected.equals(pixels as Uint8Array)) wrong.push(source);
    }
    expect(decodes).toHaveLength(10);
    expect(wrong).toEqual([]);
  });
});

describe('exact preparation', () => {
  const scene = drawScene();

  it('takes the levels of the file as they are, whatever colour profile it has', async () => {
    const pixels = await sharp(scene.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const stored = await sharp(pixels, { ignoreIcc: true }).raw().toBuffer();
    expect(Buffer.from((await read(pixels, {})).pixels as Uint8Array)).toEqual(stored);
    const converted = await read(pixels, { resample: 'fast' });
    expect(Buffer.from(converted.pixels as Uint8Array)).not.toEqual(stored);
  });

  it('serves formats that libvips does not read', async () => {
    const { pixels } = await read(makeBmp(scene, '24'), {});
    expect(Buffer.from(pixels as Uint8Array)).toEqual(scene.data);
  });

  it('gives float levels, which can be transferred, where the library does not round', async () => {
    const { pixels } = await read(await png(scene.data, WIDTH, HEIGHT), {
      width: 40,
      height: 30,
      resample: 'tensorflow',
    });
    expect(pixels).toBeInstanceOf(Float32Array);
    expect(pixels.some((level) => !Number.isInteger(level))).toBe(true);
    const { length } = pixels;
    expect(structuredClone(pixels, { transfer: [pixels.buffer as ArrayBuffer] })).toHaveLength(length);
  });

  it('pads with one level per channel, in the order of the model', async () => {
    const image = await read(await png(scene.data, WIDTH, HEIGHT), {
      width: 60,
      height: 60,
      resize: 'contain',
      channels: 'bgr',
      pad: [1, 2, 3],
    });
    expect([...image.pixels.subarray(0, 3)]).toEqual([3, 2, 1]); // pixels are kept as RGB until they reach the batch
  });

  it('reads an image of extreme proportions', async () => {
    const strip = await sharp({ create: { width: 3, height: 80_000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const { pixels } = await read(strip, { width: 8, height: 8 });
    expect([...pixels.subarray(0, 3)]).toEqual([255, 0, 0]);
    const { geometry } = await read(strip, { width: 8, height: 8, resize: 'cover' });
    expect(geometry).toMatchObject({ x: 0, width: 8 });
  });

  it('ends with a sentence when it takes longer than it may', async () => {
    const hasty = new ImageReader({ maxPixels: 20_000_000, timeoutS: 0.001 });
    const prepared = await hasty.prepare(stored(await png(scene.data, WIDTH, HEIGHT)), base);
    await hasty.close();
    expect(prepared).toMatchObject({
      ok: false,
      error: { code: 510, message: expect.stringContaining('took longer') },
    });
  });

  it('says what is wrong with a damaged image', async () => {
    const jpeg = await sharp(scene.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg()
      .toBuffer();
    const prepared = await reader.prepare(stored(jpeg.subarray(0, jpeg.length - 200)), base);
    expect(prepared).toMatchObject({
      ok: false,
      error: { code: 510, message: expect.stringContaining('The jpeg image cannot be decoded') },
    });
  });

  it('gives back the memory of large images', async () => {
    const large = stored(
      await sharp({ create: { width: 5000, height: 4000, channels: 3, background: 'navy' } })
        .jpeg()
        .toBuffer(),
    );
    await readFrom(large, { width: 224, height: 224 });
    const before = process.memoryUsage.rss();
    await Promise.all(Array.from({ length: 10 }, () => readFrom(large, { width: 224, height: 224 })));
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 1024 * 1024); // one of them decoded is 60 MB, and two are at a time
  });
});

describe('a place in the image', () => {
  const image = { width: 120, height: 90 };
  /** In pixels of the image. */
  const square = { x0: 48, y0: 33, x1: 72, y1: 60 };
  const drawn = Uint8Array.from({ length: image.width * image.height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % image.width, Math.floor(at / 3 / image.width)];
    return x >= square.x0 && x < square.x1 && y >= square.y0 && y < square.y1 ? 255 : 0;
  });

  /** Where the bright part lies in the input, to a fraction of a pixel: the middle line's brightness added up. */
  function found({ pixels, geometry }: PreparedImage, width: number, height: number) {
    const level = (x: number, y: number) => (pixels[(y * width + x) * 3] as number) / 255;
    const column = Math.round(geometry.x + (60 / image.width) * geometry.width);
    const row = Math.round(geometry.y + (46 / image.height) * geometry.height);
    const along = (length: number, at: (index: number) => number) => {
      const first = Array.from({ length }, (_, index) => at(index)).findIndex((value) => value > 0.999);
      let [begin, end] = [first, first];
      for (let index = first - 1; index >= 0 && at(index) > 0; index--) begin -= at(index);
      for (let index = first; index < length && at(index) > 0; index++) end += at(index);
      return [begin, end] as const;
    };
    const [x0, x1] = along(width, (x) => level(x, row));
    const [y0, y1] = along(height, (y) => level(column, y));
    return { x0, y0, x1, y1 };
  }

  const ways: Partial<ImageInput>[] = (['fast', 'pillow', 'opencv', 'tensorflow', 'torch'] as const).flatMap(
    (resample) =>
      (['stretch', 'cover', 'contain', 'fit'] as const).flatMap((resize) => [
        { resample, resize, width: 64, height: 64 },
        { resample, resize, width: 301, height: 200 },
      ]),
  );
  const cropped: Partial<ImageInput>[] = [
    { resample: 'pillow', resize: 'cover', crop: 0.875, width: 64, height: 64 },
    { resample: 'fast', resize: 'cover', crop: 80, width: 64, height: 64 },
    { resample: 'pillow', resize: 'contain', align: 'start', width: 99, height: 64 },
  ];

  it.each([...ways, ...cropped])(
    'is carried back from the input: $resample, $resize to $width x $height',
    async (input) => {
      const { width = 0, height = 0 } = input;
      const prepared = await read(await png(drawn, image.width, image.height), input);
      const box = toImage(found(prepared, width, height), prepared.geometry as Geometry);
      const pixel = Math.max(image.width / prepared.geometry.width, image.height / prepared.geometry.height);
      const off = {
        x: ((box?.cx ?? 0) * image.width - (square.x0 + square.x1) / 2) / pixel,
        y: ((box?.cy ?? 0) * image.height - (square.y0 + square.y1) / 2) / pixel,
      };
      expect(Math.abs(off.x)).toBeLessThan(0.3); // pixels of the input
      expect(Math.abs(off.y)).toBeLessThan(0.3);
    },
  );
});
