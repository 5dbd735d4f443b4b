import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type ImageInput,
  ImageReader,
  type Pixels,
  type Preparation,
  type PreparedImage,
} from '@scry/worker/imaging/image-reader';
import sharp, { type Sharp } from 'sharp';
import { assembleBmp, infoHeader, makeBmp } from '../../../corpus/bmp.js';
import type { CorpusCase } from '../../../corpus/case.js';
import { drawScene, HEIGHT, storeTurned, WIDTH } from '../../../corpus/scene.js';
import { variants } from '../../../corpus/variants.js';

const scene = drawScene();
const HEIC = path.resolve(import.meta.dirname, '../../../fixtures/ship.heic');
const base: ImageInput = {
  width: WIDTH,
  height: HEIGHT,
  channels: 'rgb',
  resample: 'fast',
  filter: 'bilinear',
  antialias: false,
  resize: 'stretch',
  crop: undefined,
  pad: 114,
  align: 'center',
};

let reader: ImageReader;

beforeAll(() => {
  reader = new ImageReader({ maxPixels: 1_000_000, timeoutS: 20 });
});

afterAll(() => reader.close());

const prepare = async (bytes: Uint8Array, input: Partial<ImageInput> = {}): Promise<Preparation> =>
  reader.prepare(Promise.resolve(Buffer.from(bytes)), { ...base, ...input });

async function read(bytes: Uint8Array, input: Partial<ImageInput> = {}): Promise<PreparedImage> {
  const prepared = await prepare(bytes, input);
  if (!prepared.ok) throw new Error(prepared.error.message);
  return prepared.image;
}

const raw = (data: Buffer, width: number, height: number, channels: 3 | 4 = 3): Sharp =>
  sharp(data, { raw: { width, height, channels } });
const sceneSharp = () => raw(scene.data, WIDTH, HEIGHT);

function difference(a: Pixels, b: Pixels): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (const [index, value] of a.entries()) sum += Math.abs(value - (b[index] as number));
  return sum / a.length;
}

/** The scene without its colors, as a gray file holds it, on all three channels. */
async function grayScene(): Promise<Uint8Array> {
  const levels = await sceneSharp().grayscale().raw().toBuffer();
  return Uint8Array.from({ length: levels.length * 3 }, (_, at) => levels[Math.floor(at / 3)] as number);
}

describe('an image stored in any way that is read', () => {
  let cases: CorpusCase[];
  let gray: Uint8Array;

  beforeAll(async () => {
    cases = (await variants()).filter(({ expect: { end } }) => end === 'answer');
    gray = await grayScene();
  });

  it('shows the same pixels: formats, depths, color spaces, orientations, first frames', async () => {
    const wrong: string[] = [];
    for (const { name, bytes, expect: expected } of cases) {
      const { pixels } = await read(bytes);
      const like = expected.end === 'answer' && expected.like === 'gray' ? gray : scene.data;
      const levels = difference(pixels, like);
      // Palettes without dithering have steps of up to 51 levels; CMYK cannot show every color.
      if (levels > (/bmp-[48]|palette-16|gif|cmyk/.test(name) ? 16 : 4))
        wrong.push(`${name}: ${levels.toFixed(1)}`);
    }
    expect(cases.length).toBeGreaterThan(70);
    expect(wrong).toEqual([]);
  });

  it('can be HEIC', async () => {
    const prepared = await reader.prepare(readFile(HEIC), base);
    expect(prepared.ok && difference(prepared.image.pixels, scene.data)).toBeLessThan(2);
  });
});

describe('transparency', () => {
  const half = Buffer.from([255, 0, 0, 128, 0, 0, 0, 0]);

  it.each([
    ['PNG', (image: Sharp) => image.png()],
    ['WebP', (image: Sharp) => image.webp({ lossless: true })],
    ['TIFF', (image: Sharp) => image.tiff({ compression: 'lzw' })],
  ])('is laid on white (%s)', async (_name, encode) => {
    const bytes = await encode(raw(half, 2, 1, 4)).toBuffer();
    const { pixels } = await read(bytes, { width: 2, height: 1, filter: 'nearest' });
    expect([...pixels]).toEqual([255, 127, 127, 255, 255, 255]);
  });

  it('does not reach the padding', async () => {
    const bytes = await raw(Buffer.alloc(4 * 4 * 2), 4, 2, 4)
      .png()
      .toBuffer();
    const { pixels } = await read(bytes, { width: 4, height: 4, resize: 'contain', pad: 9 });
    expect([pixels[0], pixels[4 * 3], pixels[15 * 3]]).toEqual([9, 255, 9]);
  });
});

describe('resizing', () => {
  it('fits an image into its padding and says where it lies', async () => {
    const { pixels, geometry } = await read(await sceneSharp().png().toBuffer(), {
      width: 48,
      height: 48,
      resize: 'contain',
      pad: 7,
    });
    expect(geometry).toEqual({ x: 0, y: 8, width: 48, height: 32 });
    expect([pixels[0], pixels[(8 * 48 - 1) * 3], pixels[(40 * 48 + 1) * 3]]).toEqual([7, 7, 7]);
    expect(pixels[(8 * 48 + 1) * 3]).not.toBe(7);
  });

  it('covers the input with the middle and says what was cut off', async () => {
    const { geometry } = await read(await sceneSharp().png().toBuffer(), {
      width: 32,
      height: 32,
      resize: 'cover',
    });
    expect(geometry).toEqual({ x: -8, y: 0, width: 48, height: 32 });
  });

  it.each(['contain', 'cover', 'stretch'] as const)(
    'gives a turned JPEG the same pixels as an upright one (%s)',
    async (resize) => {
      const input = { width: 40, height: 30, resize } as const;
      const upright = await read(await sceneSharp().png().toBuffer(), input);
      for (const orientation of [3, 6, 8]) {
        const { data, width, height } = storeTurned(scene, orientation);
        const jpeg = await raw(data, width, height)
          .withMetadata({ orientation })
          .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
          .toBuffer();
        const turned = await read(jpeg, input);
        expect(turned.geometry).toEqual(upright.geometry);
        expect(difference(turned.pixels, upright.pixels)).toBeLessThan(4);
      }
    },
  );

  it('cuts a strip without scaling it whole', async () => {
    const { data, info } = await sharp({
      create: { width: 3, height: 60_000, channels: 3, background: 'red' },
    })
      .png()
      .toBuffer({ resolveWithObject: true });
    const { pixels, geometry } = await read(data, { width: 64, height: 64, resize: 'cover' });
    expect(geometry).toEqual({ x: 0, y: -(64 * 20_000 - 64) / 2, width: 64, height: 64 * 20_000 });
    expect([info.width, ...pixels.subarray(0, 3)]).toEqual([3, 255, 0, 0]);
  });

  it('invents no values with the nearest filter', async () => {
    const bytes = await raw(Buffer.from([0, 0, 0, 200, 200, 200]), 2, 1)
      .png()
      .toBuffer();
    const { pixels } = await read(bytes, { width: 7, height: 5, filter: 'nearest' });
    expect([...new Set(pixels)].sort()).toEqual([0, 200]);
  });

  it('gives gray models one channel', async () => {
    const { pixels } = await read(await sceneSharp().png().toBuffer(), { channels: 'gray' });
    expect(pixels).toHaveLength(WIDTH * HEIGHT);
    const [red = 0, green = 0, blue = 0] = scene.data;
    expect(pixels[0]).toBe(Math.round(0.299 * red + 0.587 * green + 0.114 * blue));
  });

  it('weighs colors for gray models as the libraries do that these are trained with', async () => {
    const colors = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    const bytes = await raw(colors, 4, 1).png().toBuffer();
    const { pixels } = await read(bytes, { width: 4, height: 1, channels: 'gray' });
    expect([...pixels]).toEqual([76, 150, 29, 255]);
  });

  it('gives pixels that can be transferred', async () => {
    const { pixels } = await read(await sceneSharp().png().toBuffer());
    const { length } = pixels;
    const moved = structuredClone(pixels, { transfer: [pixels.buffer as ArrayBuffer] });
    expect(moved.buffer.byteLength).toBe(length);
    expect(pixels.length).toBe(0);
  });

  it('keeps no memory of images that nobody holds any more', async () => {
    const bytes = await sceneSharp().png().toBuffer();
    const input = { width: 1024, height: 1024, filter: 'nearest' } as const;
    const before = process.memoryUsage.rss();
    for (let image = 0; image < 100; image++) await read(bytes, input);
    const pixels = 100 * 1024 * 1024 * 3;
    expect(process.memoryUsage.rss() - before).toBeLessThan(pixels / 2);
  });
});

describe('color profiles', () => {
  it('make no difference when they are plain sRGB, whether converted or not', async () => {
    const input = { width: 48, height: 32 } as const;
    const without = await read(await sceneSharp().jpeg({ quality: 95 }).toBuffer(), input);
    const bytes = await sceneSharp().withIccProfile('srgb').jpeg({ quality: 95 }).toBuffer();
    expect(difference((await read(bytes, input)).pixels, without.pixels)).toBeLessThan(1.5);
  });
});

describe('what cannot be prepared', () => {
  const failure = async (bytes: Uint8Array, input: Partial<ImageInput> = {}) => {
    const prepared = await prepare(bytes, input);
    if (prepared.ok) throw new Error('it was prepared');
    expect(prepared.error.code).toBe(510);
    return prepared.error.message;
  };

  it.each([
    ['nothing', Buffer.alloc(0), 'The image is empty; upload the file again.'],
    ['text', Buffer.from('no image'), 'This is not an image that can be read; send JPEG, PNG,'],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'This is not an image that can be read',
    ],
    [
      'a broken HEIC',
      Buffer.from('\0\0\0\x10ftypheic\0\0\0\0'),
      'The heic image cannot be decoded: it is damaged',
    ],
    [
      'a broken BMP',
      makeBmp(scene, '24').subarray(0, 3000),
      'The bmp image cannot be decoded: it is damaged, cut short or of a rare kind (pixels are missing); save it again',
    ],
  ])('fails with a sentence: %s', async (_name, bytes, sentence) => {
    expect(await failure(bytes)).toContain(sentence);
  });

  it('is a JPEG that was cut short, even where the missing part would not be used', async () => {
    const tall = await sceneSharp().resize(200, 900, { fit: 'fill' }).jpeg().toBuffer();
    const cut = tall.subarray(0, Math.floor(tall.length * 0.9));
    const sentence = await failure(cut, { width: 32, height: 32, resize: 'cover' });
    expect(sentence).toBe(
      'The jpeg image cannot be decoded: it is damaged, cut short or of a rare kind (VipsJpeg: premature end of JPEG image); save it again and upload that.',
    );
  });

  it.each([
    [
      'JPEG',
      () =>
        sharp({ create: { width: 1001, height: 1000, channels: 3, background: 'red' } })
          .jpeg()
          .toBuffer(),
    ],
    [
      'BMP',
      async () =>
        assembleBmp(
          infoHeader({ width: 1001, height: 1000, bits: 1 }),
          Buffer.alloc(8),
          Buffer.alloc(128_000),
        ),
    ],
  ])('has more pixels than are allowed (%s)', async (_name, make) => {
    expect(await failure(await make())).toBe(
      'The image has more than 1000000 pixels (width × height); send a smaller one.',
    );
  });

  it('has more pixels than are allowed (HEIC)', async () => {
    const strict = new ImageReader({ maxPixels: WIDTH * HEIGHT - 1, timeoutS: 20 });
    const prepared = await strict.prepare(readFile(HEIC), base);
    await strict.close();
    expect(prepared).toMatchObject({
      ok: false,
      error: { code: 510, message: expect.stringContaining('more than 6143 pixels') },
    });
  });

  it('takes longer than it may', async () => {
    const hasty = new ImageReader({ maxPixels: 1_000_000, timeoutS: 0.001 }); // a thread does not even start in that time
    const prepared = await hasty.prepare(readFile(HEIC), base);
    await hasty.close();
    const message = 'The image took longer than 0.001 s to decode; send a smaller or simpler one.';
    expect(prepared).toMatchObject({ ok: false, error: { code: 510, message } });
  });

  it('is missing: that is a fault of the system, not of the image', async () => {
    await expect(reader.prepare(readFile(path.join(import.meta.dirname, 'nowhere')), base)).rejects.toThrow(
      'ENOENT',
    );
  });
});
