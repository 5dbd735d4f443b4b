/** Images to send: made here, or read from a folder; each sending can be made an image of its own. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { seededUniform } from './random.js';

export interface Image {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mime: string;
  /** A JPEG segment that goes in behind the first two bytes. */
  readonly segment?: Buffer;
}

const MIMES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.avif': 'image/avif',
  '.heic': 'image/heic',
  '.bmp': 'image/bmp',
};

/** Grids of random colours laid over each other: columns, rows, weight. Coarse ones weigh most, as in photographs. */
const LAYERS = [
  [8, 6, 0.5],
  [40, 30, 0.25],
  [160, 120, 0.15],
  [640, 480, 0.1],
] as const;

const CONTRAST = 2;

async function layer(
  random: () => number,
  columns: number,
  rows: number,
  width: number,
  height: number,
): Promise<Buffer> {
  const grid = Buffer.alloc(columns * rows * 3);
  for (let index = 0; index < grid.length; index++) grid[index] = Math.floor(random() * 256);
  return sharp(grid, { raw: { width: columns, height: rows, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
}

async function makeImage(seed: number, width: number, height: number): Promise<Image> {
  const random = seededUniform(seed);
  const sum = new Float32Array(width * height * 3);
  for (const [columns, rows, weight] of LAYERS) {
    const values = await layer(random, columns, rows, width, height);
    for (let index = 0; index < sum.length; index++) {
      sum[index] = (sum[index] as number) + weight * ((values[index] as number) - 128);
    }
  }
  const pixels = new Uint8ClampedArray(sum.length);
  for (let index = 0; index < sum.length; index++) pixels[index] = (sum[index] as number) * CONTRAST + 128;
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
  return { name: `made-${seed}.jpg`, bytes, mime: 'image/jpeg' };
}

/**
 * Makes JPEGs that cost what photographs do: at 640 × 480 about 100 kB each. The same number gives the same images.
 */
export async function makeImages(count: number, width = 640, height = 480): Promise<Image[]> {
  const images: Image[] = [];
  for (let seed = 1; seed <= count; seed++) images.push(await makeImage(seed, width, height));
  return images;
}

/** Reads every image in a folder, by name. @throws Error when there is none */
export async function readImages(folder: string): Promise<Image[]> {
  const images: Image[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const mime = MIMES[path.extname(name).toLowerCase()];
    if (mime) images.push({ name, bytes: await readFile(path.join(folder, name)), mime });
  }
  if (images.length === 0) {
    throw new Error(`${folder} holds no image; put files ending in ${Object.keys(MIMES).join(' ')} there`);
  }
  return images;
}

const START_BYTES = 2;
/** A comment of 16 characters follows. Source: ITU-T T.81, B.2.4.5. */
const COMMENT = Buffer.from([0xff, 0xfe, 0, 18]);

/**
 * A JPEG that no server has seen, with the same pixels: a comment with a number goes in. Its bytes stay where they are.
 * Other formats are returned as they are.
 * @param serial any whole number up to 16 digits
 */
export function distinct(image: Image, serial: number): Image {
  if (image.mime !== 'image/jpeg') return image;
  const text = Buffer.from(serial.toString().padStart(16, '0'), 'latin1');
  return { ...image, segment: Buffer.concat([COMMENT, text]) };
}

/** All bytes of an image, in order. */
export function imageParts({ bytes, segment }: Image): readonly Buffer[] {
  return segment ? [bytes.subarray(0, START_BYTES), segment, bytes.subarray(START_BYTES)] : [bytes];
}
