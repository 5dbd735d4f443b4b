/**
 * The horizontal pass, one source row at a time. Functions of their own with plain arguments: closures over the arrays
 * were measured to take three times as long. `Math.imul` and `| 0` keep V8 in 32-bit integers.
 */
import type { Raster } from './raster.js';
import type { FloatTaps, IntegerTaps } from './taps.js';

const { imul } = Math;

export type IntegerLine = Uint8ClampedArray | Int32Array;

/** Scales single rows of one source. */
export interface RowScaler<Line> {
  /** Writes the scaled source row `row` into `to`, from `out` on. */
  scale(row: number, to: Line, out: number): void;
}

/** Sums of level × weight, plus half a unit, shifted. */
export class IntegerRows implements RowScaler<IntegerLine> {
  readonly #source: Raster;
  readonly #taps: IntegerTaps;
  readonly #bits: number;

  /** @param bits fraction bits of the weights that are rounded off; 0 keeps the sums as they are */
  constructor(source: Raster, taps: IntegerTaps, bits: number) {
    this.#source = source;
    this.#taps = taps;
    this.#bits = bits;
  }

  scale(row: number, to: IntegerLine, out: number): void {
    const { data, width, channels } = this.#source;
    const bits = this.#bits;
    const half = bits === 0 ? 0 : 1 << (bits - 1);
    const base = row * width * channels;
    if (channels === 3) rgb(data, base, this.#taps, half, bits, to, out);
    else gray(data, base, this.#taps, half, bits, to, out);
  }
}

/** Sums of level × weight in double precision, stored as float32. */
export class FloatRows implements RowScaler<Float32Array> {
  readonly #source: Raster;
  readonly #taps: FloatTaps;

  constructor(source: Raster, taps: FloatTaps) {
    this.#source = source;
    this.#taps = taps;
  }

  scale(row: number, to: Float32Array, out: number): void {
    const { data, width, channels } = this.#source;
    const base = row * width * channels;
    if (channels === 3) rgbFloat(data, base, this.#taps, to, out);
    else grayFloat(data, base, this.#taps, to, out);
  }
}

function rgb(
  data: Uint8Array,
  base: number,
  { starts, lengths, weights, stride }: IntegerTaps,
  half: number,
  bits: number,
  to: IntegerLine,
  out: number,
): void {
  const count = starts.length;
  for (let x = 0, at = out; x < count; x++, at += 3) {
    let from = base + (starts[x] as number) * 3;
    const first = x * stride;
    const end = first + (lengths[x] as number);
    let red = half;
    let green = half;
    let blue = half;
    for (let tap = first; tap < end; tap++, from += 3) {
      const weight = weights[tap] as number;
      red = (red + imul(data[from] as number, weight)) | 0;
      green = (green + imul(data[from + 1] as number, weight)) | 0;
      blue = (blue + imul(data[from + 2] as number, weight)) | 0;
    }
    to[at] = red >> bits;
    to[at + 1] = green >> bits;
    to[at + 2] = blue >> bits;
  }
}

function gray(
  data: Uint8Array,
  base: number,
  { starts, lengths, weights, stride }: IntegerTaps,
  half: number,
  bits: number,
  to: IntegerLine,
  out: number,
): void {
  const count = starts.length;
  for (let x = 0; x < count; x++) {
    let from = base + (starts[x] as number);
    const first = x * stride;
    const end = first + (lengths[x] as number);
    let sum = half;
    for (let tap = first; tap < end; tap++)
      sum = (sum + imul(data[from++] as number, weights[tap] as number)) | 0;
    to[out + x] = sum >> bits;
  }
}

function rgbFloat(
  data: Uint8Array,
  base: number,
  { starts, lengths, weights, stride }: FloatTaps,
  to: Float32Array,
  out: number,
): void {
  const count = starts.length;
  for (let x = 0, at = out; x < count; x++, at += 3) {
    let from = base + (starts[x] as number) * 3;
    const first = x * stride;
    const end = first + (lengths[x] as number);
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let tap = first; tap < end; tap++, from += 3) {
      const weight = weights[tap] as number;
      red += (data[from] as number) * weight;
      green += (data[from + 1] as number) * weight;
      blue += (data[from + 2] as number) * weight;
    }
    to[at] = red;
    to[at + 1] = green;
    to[at + 2] = blue;
  }
}

function grayFloat(
  data: Uint8Array,
  base: number,
  { starts, lengths, weights, stride }: FloatTaps,
  to: Float32Array,
  out: number,
): void {
  const count = starts.length;
  for (let x = 0; x < count; x++) {
    let from = base + (starts[x] as number);
    const first = x * stride;
    const end = first + (lengths[x] as number);
    let sum = 0;
    for (let tap = first; tap < end; tap++) sum += (data[from++] as number) * (weights[tap] as number);
    to[out + x] = sum;
  }
}
