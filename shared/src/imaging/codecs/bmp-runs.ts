/** Run-length coding in BMP files. Source: Microsoft, wingdi.h, BI_RLE8 and BI_RLE4. */
import type { BmpHeader } from './bmp-header.js';

/** What a zero count is followed by; larger numbers are lengths of literal runs. */
const END_OF_LINE = 0;
const END_OF_BITMAP = 1;
const MOVE = 2;

/** Where the next pixel goes. What lies outside the image is dropped. */
class Pen {
  readonly out: Buffer;
  x = 0;
  y = 0;
  readonly #width: number;

  constructor(width: number, height: number) {
    this.out = Buffer.alloc(width * height);
    this.#width = width;
  }

  put(value: number): void {
    if (this.x < this.#width) this.out[this.y * this.#width + this.x] = value;
    this.x++;
  }
}

/**
 * Expands a run-length coded image to one byte per pixel, rows in the file's order; what is left out stays 0.
 * @throws RangeError when a literal run is cut short
 */
export function expandRuns(file: Buffer, { width, height, depth, offset }: BmpHeader): Buffer {
  const pen = new Pen(width, height);
  const perByte = 8 / depth;
  const color = (byte: number, index: number) =>
    depth === 8 ? byte : index % 2 === 0 ? byte >> 4 : byte & 15;
  let at = offset;
  while (at + 1 < file.length && pen.y < height) {
    const count = file[at] as number;
    const value = file[at + 1] as number;
    at += 2;
    if (count > 0) {
      for (let index = 0; index < count; index++) pen.put(color(value, index));
    } else if (value === END_OF_BITMAP) {
      break;
    } else if (value === END_OF_LINE) {
      pen.x = 0;
      pen.y++;
    } else if (value === MOVE) {
      pen.x += file.readUInt8(at);
      pen.y += file.readUInt8(at + 1);
      at += 2;
    } else {
      for (let index = 0; index < value; index++)
        pen.put(color(file.readUInt8(at + Math.floor(index / perByte)), index));
      at += Math.ceil(value / perByte / 2) * 2; // literal runs fill 16-bit words
    }
  }
  return pen.out;
}
