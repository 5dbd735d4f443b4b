/** OpenCV's INTER_LINEAR on 8 bits: weights of 11 fraction bits, columns kept as integers, then rows rounded to 8 bits. */
import { IntegerRows } from './columns.js';
import { Lines } from './lines.js';
import type { Raster } from './raster.js';
import type { IntegerTaps } from './taps.js';

const { imul } = Math;

/** The taps of the rows: always two, of which one may lie beyond `first` or `last`, the source rows that are scaled. */
export interface LinearRows extends IntegerTaps {
  readonly first: number;
  readonly last: number;
}

/**
 * INTER_LINEAR: rows are joined with the bits that VResizeLinear drops on its way.
 * @returns 8-bit `[rows, columns, channels]` of the computed window
 */
export function resampleLinear(source: Raster, columns: IntegerTaps, rows: LinearRows): Uint8Array {
  const width = columns.starts.length * source.channels;
  const lines = new Lines<Int32Array>(width, rows, Int32Array, new IntegerRows(source, columns, 0));
  const inside = (row: number) => lines.offset(Math.min(rows.last, Math.max(rows.first, row)));
  const { data } = lines;
  const result = new Uint8Array(width * rows.starts.length);
  for (let y = 0; y < rows.starts.length; y++) {
    const above = inside(rows.starts[y] as number);
    const below = inside((rows.starts[y] as number) + 1);
    const upper = rows.weights[2 * y] as number;
    const lower = rows.weights[2 * y + 1] as number;
    join(data, above, below, upper, lower, result, y * width, width);
  }
  return result;
}

function join(
  data: Int32Array,
  above: number,
  below: number,
  upper: number,
  lower: number,
  to: Uint8Array,
  out: number,
  width: number,
): void {
  for (let at = 0; at < width; at++) {
    const first = imul(upper, (data[above + at] as number) >> 4) >> 16;
    const second = imul(lower, (data[below + at] as number) >> 4) >> 16;
    to[out + at] = (first + second + 2) >> 2;
  }
}
