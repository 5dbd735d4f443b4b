/** Resampling that copies one source pixel for each computed pixel. */
import type { Axis, Raster } from './raster.js';

/** For each computed pixel of an axis, the source pixel that it copies. */
export type Picks = Int32Array;

/** @param pick index of a source pixel within the part that is scaled, given the index of a scaled pixel */
export function picks(axis: Axis, pick: (index: number) => number): Picks {
  const last = axis.to - axis.from - 1;
  return Int32Array.from(
    { length: axis.count },
    (_, index) => axis.from + Math.min(last, Math.max(0, pick(axis.first + index))),
  );
}

/** @returns `[rows, columns, channels]`; owns its ArrayBuffer */
export function copyPicked({ data, width, channels }: Raster, columns: Picks, rows: Picks): Uint8Array {
  const result = new Uint8Array(columns.length * rows.length * channels);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) result[to++] = data[from + channel] as number;
    }
  }
  return result;
}
