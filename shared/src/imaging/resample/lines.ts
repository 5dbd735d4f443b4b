/**
 * The rows of a two-pass resize. Owns as many horizontally scaled source rows as one output row needs, computed when
 * they are first asked for: memory stays bounded however tall the source is.
 */
import type { RowScaler } from './columns.js';
import { longest, type Taps } from './taps.js';

export type Line = Uint8ClampedArray | Int32Array | Float32Array;

/** Rows kept take no more than this; one output row that needs more has its rows computed again for the next. */
const MOST_BYTES = 8 * 1024 * 1024;

export class Lines<Kind extends Line> {
  /** All kept rows; row `r` begins at `offset(r)`. */
  readonly data: Kind;
  readonly #width: number;
  readonly #held: Int32Array;
  readonly #scaler: RowScaler<Kind>;

  /**
   * @param width values in a row
   * @param rows the taps of the vertical pass
   * @param make the array to keep rows in
   * @param writes one scaled source row into that array, at an offset
   */
  constructor(width: number, rows: Taps, make: new (length: number) => Kind, scaler: RowScaler<Kind>) {
    const affordable = Math.floor(MOST_BYTES / (width * new make(0).BYTES_PER_ELEMENT));
    const kept = Math.max(1, Math.min(longest(rows), affordable));
    this.data = new make(kept * width);
    this.#width = width;
    this.#held = new Int32Array(kept).fill(-1);
    this.#scaler = scaler;
  }

  /** Where a source row lies in `data`, once it is computed. It stays there until as many others were asked for as are kept. */
  offset(row: number): number {
    const place = row % this.#held.length;
    const offset = place * this.#width;
    if (this.#held[place] !== row) {
      this.#scaler.scale(row, this.data, offset);
      this.#held[place] = row;
    }
    return offset;
  }
}
