/**
 * BMP pixels, which libvips does not read. Written here because the library that was tried (bmp-ts 1.0.9) takes pixels
 * from the wrong place behind larger headers, mixes channels up in run-length coded files, and stops after one row of
 * a 4-bit image with an odd width.
 */
import { type BmpHeader, readBmpHeader } from './bmp-header.js';
import { expandRuns } from './bmp-runs.js';

/** RGBA, rows from the top. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Puts pixel `x` of the row that begins at byte `row` into `out` at byte `to`. */
type Put = (out: Uint8Array, to: number, row: number, x: number) => void;

/**
 * Decodes a BMP file.
 * @returns null when it has more than `maxPixels`; nothing was decoded then
 * @throws Error when it is damaged
 */
export function decodeBmp(file: Buffer, maxPixels: number): Bitmap | null {
  const header = readBmpHeader(file);
  const { width, height, topDown } = header;
  if (width * height > maxPixels) return null;
  const packed = header.compression === 'rle8' || header.compression === 'rle4';
  const pixels = packed ? expandRuns(file, header) : file.subarray(header.offset);
  const depth = packed ? 8 : header.depth;
  const stride = packed ? width : Math.ceil((width * depth) / 32) * 4;
  if (pixels.length < stride * height) throw new Error('pixels are missing');

  const put = reader(pixels, depth, header);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const row = (topDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) put(data, (y * width + x) * 4, row, x);
  }
  if (header.masks.alpha !== 0) makeOpaqueWhenEmpty(data);
  return { width, height, data };
}

function reader(pixels: Buffer, depth: number, { palette, masks }: BmpHeader): Put {
  if (depth <= 8) return indexed(pixels, depth, palette);
  return depth === 24 ? plain(pixels) : masked(pixels, depth, masks);
}

function indexed(pixels: Buffer, depth: number, palette: Uint8Array): Put {
  const perByte = 8 / depth;
  const mask = 2 ** depth - 1;
  return (out, to, row, x) => {
    const byte = pixels[row + Math.floor(x / perByte)] as number;
    const color = ((byte >> (8 - depth * ((x % perByte) + 1))) & mask) * 3;
    out[to] = palette[color] ?? 0; // a number beyond the palette is black, as browsers show it
    out[to + 1] = palette[color + 1] ?? 0;
    out[to + 2] = palette[color + 2] ?? 0;
    out[to + 3] = 255;
  };
}

function plain(pixels: Buffer): Put {
  return (out, to, row, x) => {
    const at = row + x * 3;
    out[to] = pixels[at + 2] as number;
    out[to + 1] = pixels[at + 1] as number;
    out[to + 2] = pixels[at] as number;
    out[to + 3] = 255;
  };
}

function masked(pixels: Buffer, depth: number, masks: BmpHeader['masks']): Put {
  const [red, green, blue] = [channel(masks.red), channel(masks.green), channel(masks.blue)];
  const alpha = masks.alpha === 0 ? () => 255 : channel(masks.alpha);
  const bytes = depth / 8;
  return (out, to, row, x) => {
    const value = pixels.readUIntLE(row + x * bytes, bytes);
    out[to] = red(value);
    out[to + 1] = green(value);
    out[to + 2] = blue(value);
    out[to + 3] = alpha(value);
  };
}

/** Takes one channel out of a pixel and stretches it to 8 bits. */
function channel(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / most);
}

/** Many programs announce an alpha channel and leave it empty; such an image is meant to be seen. */
function makeOpaqueWhenEmpty(data: Uint8Array): void {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return;
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
}
