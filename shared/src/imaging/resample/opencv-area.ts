/** OpenCV's INTER_AREA when both sides are reduced: the mean of what each scaled pixel covers, in float32. */
import { resampleFloat } from './float-passes.js';
import type { Axis, Raster } from './raster.js';
import { rounded, roundHalfToEven } from './rounding.js';
import { collect, type FloatTaps, floatTaps } from './taps.js';

/** A source pixel that is covered by less than this takes no part. */
const LEAST = 1e-3;

/** Source pixels for each scaled pixel, with the rounding errors of OpenCV's two divisions. */
export const step = (axis: Axis): number => 1 / (axis.scaled / (axis.to - axis.from));

/** Shares of the source pixels; `block` is how many there are when each counts alike, else 0. */
export interface AreaTaps extends FloatTaps {
  readonly block: number;
}

export function areaTaps(axis: Axis): AreaTaps {
  const scale = step(axis);
  const length = axis.to - axis.from;
  const list = collect(axis, Math.ceil(scale) + 2, (taps, index) => {
    const from = index * scale;
    const to = from + scale;
    const cell = Math.min(scale, length - from);
    const end = Math.min(Math.floor(to), length - 1);
    const start = Math.min(Math.ceil(from), end);
    const before = start - from > LEAST;
    taps.next(axis.from + (before ? start - 1 : start));
    if (before) taps.push((start - from) / cell);
    for (let at = start; at < end; at++) taps.push(1 / cell);
    if (to - end > LEAST) taps.push(Math.min(to - end, 1, cell) / cell);
  });
  return { ...floatTaps(list), block: Number.isInteger(scale) ? scale : 0 };
}

/** @returns 8-bit `[rows, columns, channels]` of the computed window */
export function resampleArea(source: Raster, columns: AreaTaps, rows: AreaTaps): Uint8Array {
  if (columns.block > 0 && rows.block > 0) return resampleBlocks(source, columns, rows);
  return rounded(resampleFloat(source, columns, rows));
}

/** Whole numbers of source pixels each way: sums are whole, and divided once. */
function resampleBlocks(
  { data, width, channels }: Raster,
  { starts: columns, block: across }: AreaTaps,
  { starts: rows, block: down }: AreaTaps,
): Uint8Array {
  const result = new Uint8Array(columns.length * rows.length * channels);
  const share = Math.fround(1 / (across * down));
  // OpenCV averages four pixels in integers, which rounds halves up.
  const mean =
    across * down === 4
      ? (sum: number) => (sum + 2) >> 2
      : (sum: number) => roundHalfToEven(Math.fround(sum * share));
  let out = 0;
  for (const row of rows)
    for (const column of columns)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let y = row; y < row + down; y++)
          for (
            let x = column, at = (y * width + column) * channels + channel;
            x < column + across;
            x++, at += channels
          )
            sum += data[at] as number;
        result[out++] = mean(sum);
      }
  return result;
}
