/** Two passes in float32, for libraries whose result is not rounded to 8 bits. */
import { FloatRows } from './columns.js';
import { Lines } from './lines.js';
import { fitsPasses, resampleRgbFloat } from './passes.js';
import type { Raster } from './raster.js';
import type { FloatTaps } from './taps.js';

const { fround } = Math;

/** @returns float32 `[rows, columns, channels]` of the computed window; owns its ArrayBuffer */
export function resampleFloat(source: Raster, columns: FloatTaps, rows: FloatTaps): Float32Array {
  if (fitsPasses(source, columns, rows, 4)) return resampleRgbFloat(source, columns, rows);
  const width = columns.starts.length * source.channels;
  const height = rows.starts.length;
  const lines = floatLines(source, columns, rows);
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y++) addRows(result.subarray(y * width, (y + 1) * width), lines, rows, y);
  return result;
}

const floatLines = (source: Raster, columns: FloatTaps, rows: FloatTaps): Lines<Float32Array> =>
  new Lines<Float32Array>(
    columns.starts.length * source.channels,
    rows,
    Float32Array,
    new FloatRows(source, columns),
  );

/** Adds to `sums` the weighted source rows of computed row `y`. */
function addRows(sums: Float32Array, lines: Lines<Float32Array>, rows: FloatTaps, y: number): void {
  const { starts, lengths, weights, stride } = rows;
  for (let tap = 0; tap < (lengths[y] as number); tap++)
    addWeighted(
      sums,
      lines.data,
      lines.offset((starts[y] as number) + tap),
      weights[y * stride + tap] as number,
    );
}

/** Rounds product and sum to float32 each, as C and the vectors do: exact halves come out as in OpenCV. */
function addWeighted(sums: Float32Array, data: Float32Array, offset: number, weight: number): void {
  const factor = fround(weight);
  for (let at = 0; at < sums.length; at++)
    sums[at] = fround((sums[at] as number) + fround((data[offset + at] as number) * factor));
}
