/**
 * Two passes over 8-bit pixels in integers: weights with fraction bits, rounded and clipped to 8 bits after each pass.
 * The arithmetic of Pillow's Resample.c (ImagingResampleHorizontal_8bpc and ImagingResampleVertical_8bpc).
 */
import { IntegerRows } from './columns.js';
import { Lines } from './lines.js';
import { fitsPasses, resampleRgb } from './passes.js';
import type { Raster } from './raster.js';
import type { IntegerTaps } from './taps.js';

const { imul } = Math;

/**
 * Resamples in integers.
 * @param bits fraction bits of the weights, at most 22
 * @returns `[rows, columns, channels]` of the computed window; owns its ArrayBuffer
 */
export function resampleFixed(
  source: Raster,
  columns: IntegerTaps,
  rows: IntegerTaps,
  bits: number,
): Uint8Array {
  if (fitsPasses(source, columns, rows, 1)) return resampleRgb(source, columns, rows, bits);
  const width = columns.starts.length * source.channels;
  const height = rows.starts.length;
  const lines = new Lines<Uint8ClampedArray>(
    width,
    rows,
    Uint8ClampedArray,
    new IntegerRows(source, columns, bits),
  );
  const { data } = lines;
  const { starts, lengths, weights, stride } = rows;
  const result = new Uint8ClampedArray(width * height);
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    const start = starts[y] as number;
    const length = lengths[y] as number;
    sums.fill(1 << (bits - 1));
    const first = y * stride;
    let tap = 0;
    for (; tap + 1 < length; tap += 2) {
      const above = lines.offset(start + tap);
      const below = lines.offset(start + tap + 1);
      addTwo(sums, data, above, below, weights[first + tap] as number, weights[first + tap + 1] as number);
    }
    if (tap < length) addOne(sums, data, lines.offset(start + tap), weights[first + tap] as number);
    shift(sums, bits, result, y * width);
  }
  return new Uint8Array(result.buffer);
}

/** Adds the rows at `first` and `second`, each by its weight. */
function addTwo(
  sums: Int32Array,
  data: Uint8ClampedArray,
  first: number,
  second: number,
  weight: number,
  next: number,
): void {
  for (let at = 0; at < sums.length; at++)
    sums[at] =
      ((sums[at] as number) +
        imul(data[first + at] as number, weight) +
        imul(data[second + at] as number, next)) |
      0;
}

function addOne(sums: Int32Array, data: Uint8ClampedArray, first: number, weight: number): void {
  for (let at = 0; at < sums.length; at++)
    sums[at] = ((sums[at] as number) + imul(data[first + at] as number, weight)) | 0;
}

function shift(sums: Int32Array, bits: number, to: Uint8ClampedArray, out: number): void {
  for (let at = 0; at < sums.length; at++) to[out + at] = (sums[at] as number) >> bits;
}
