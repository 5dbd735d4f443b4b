/** Decodes what libvips does not read (BMP, HEIC), in a thread of its own because the libraries block. */
import { decode as decodeBmp } from 'bmp-ts';
import heic from 'heic-decode';
import { move } from 'piscina';
import { bmpLayout } from './bmp.js';

export interface ForeignTask {
  readonly format: 'bmp' | 'heic';
  readonly bytes: Uint8Array;
  readonly maxPixels: number;
}

/** RGBA of the upright picture, or why there is none. */
export type ForeignResult =
  | { readonly width: number; readonly height: number; readonly data: Uint8Array }
  | { readonly problem: 'pixels' };

function fromBmp(bytes: Uint8Array, maxPixels: number): ForeignResult {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height, alpha, compact } = bmpLayout(file);
  if (width * height > maxPixels) return { problem: 'pixels' };
  const { data } = decodeBmp(compact, { toRGBA: false });
  data.swap32(); // ABGR, the only order in which the library is right for every bit depth
  const opaque = !alpha || data.every((value, index) => index % 4 !== 3 || value === 0);
  if (opaque) for (let index = 3; index < data.length; index += 4) data[index] = 255;
  return { width, height, data: new Uint8Array(data) };
}

async function fromHeic(buffer: Uint8Array, maxPixels: number): Promise<ForeignResult> {
  const images = await heic.all({ buffer });
  try {
    const [first] = images;
    if (!first) throw new Error('no picture in the file');
    if (first.width * first.height > maxPixels) return { problem: 'pixels' };
    const { width, height, data } = await first.decode();
    return { width, height, data: new Uint8Array(data.buffer) };
  } finally {
    images.dispose();
  }
}

/** @throws Error with the library's words when the file is damaged */
export default async function decode(task: ForeignTask): Promise<ForeignResult> {
  const result =
    task.format === 'bmp' ? fromBmp(task.bytes, task.maxPixels) : await fromHeic(task.bytes, task.maxPixels);
  return 'data' in result ? { ...result, data: move(result.data) as unknown as Uint8Array } : result;
}
