/** Decodes what libvips does not read (BMP, HEIC), in a thread of its own because it blocks. */
import heic from 'heic-decode';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { decodeBmp } from './bmp.js';

export interface CodecTask {
  readonly format: 'bmp' | 'heic';
  readonly bytes: Uint8Array;
  readonly maxPixels: number;
}

/** RGBA of the upright image, or why there is none. */
export type CodecResult =
  | { readonly width: number; readonly height: number; readonly data: Uint8Array }
  | { readonly problem: 'pixels' };

function fromBmp(bytes: Uint8Array, maxPixels: number): CodecResult {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeBmp(file, maxPixels) ?? { problem: 'pixels' };
}

async function fromHeic(buffer: Uint8Array, maxPixels: number): Promise<CodecResult> {
  const images = await heic.all({ buffer });
  try {
    const [first] = images;
    if (!first) throw new Error('no image in the file');
    if (first.width * first.height > maxPixels) return { problem: 'pixels' };
    const { width, height, data } = await first.decode();
    return { width, height, data: new Uint8Array(data.buffer) };
  } finally {
    images.dispose();
  }
}

/** @throws Error with the library's words when the file is damaged */
export default async function decode(task: CodecTask): Promise<CodecResult> {
  const result =
    task.format === 'bmp' ? fromBmp(task.bytes, task.maxPixels) : await fromHeic(task.bytes, task.maxPixels);
  if ('problem' in result) return result;
  const moved = { [transferableSymbol]: [result.data.buffer], [valueSymbol]: result };
  return move(moved as never) as unknown as CodecResult; // arrives as `result`, its pixels not copied
}
