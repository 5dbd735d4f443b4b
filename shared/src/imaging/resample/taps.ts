/** Which source pixels make one scaled pixel, and with which weights. */
import type { Axis } from './raster.js';

/** For each computed pixel of an axis: `lengths[i]` source pixels from `starts[i]`, weights from `i × stride`. */
export interface Taps<Weights extends Float32Array | Int32Array = Float32Array | Int32Array> {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly weights: Weights;
  readonly stride: number;
}

export type FloatTaps = Taps<Float32Array>;
export type IntegerTaps = Taps<Int32Array>;

/** Taps under construction, one computed pixel after the other, weights in double precision. */
export class TapList {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly weights: Float64Array;
  readonly stride: number;
  #index = -1;

  /**
   * @param count computed pixels
   * @param stride most taps of one of them
   */
  constructor(count: number, stride: number) {
    this.starts = new Int32Array(count);
    this.lengths = new Int32Array(count);
    this.weights = new Float64Array(count * stride);
    this.stride = stride;
  }

  /** Goes on to the next computed pixel. @param start its first source pixel */
  next(start: number): void {
    this.#index++;
    this.starts[this.#index] = start;
  }

  /** Adds the weight of the next source pixel. */
  push(weight: number): void {
    const length = this.lengths[this.#index] as number;
    this.weights[this.#index * this.stride + length] = weight;
    this.lengths[this.#index] = length + 1;
  }

  /** Adds to a weight that was pushed, or pushes it. @param tap its place among the taps of this pixel */
  add(tap: number, weight: number): void {
    while ((this.lengths[this.#index] as number) <= tap) this.push(0);
    const at = this.#index * this.stride + tap;
    this.weights[at] = (this.weights[at] as number) + weight;
  }

  /** Divides the weights of this pixel by their sum. */
  normalise(): void {
    const first = this.#index * this.stride;
    const end = first + (this.lengths[this.#index] as number);
    let sum = 0;
    for (let at = first; at < end; at++) sum += this.weights[at] as number;
    if (sum !== 0) for (let at = first; at < end; at++) this.weights[at] = (this.weights[at] as number) / sum;
  }
}

/**
 * Gathers the taps of every computed pixel of an axis.
 * @param stride most taps of one pixel
 * @param fill given a scaled pixel, begins it in the list and pushes its weights; `length` pixels are scaled, from
 *   `axis.from` of the source
 */
export function collect(
  axis: Axis,
  stride: number,
  fill: (list: TapList, index: number, length: number) => void,
): TapList {
  const list = new TapList(axis.count, stride);
  const length = axis.to - axis.from;
  for (let index = axis.first; index < axis.first + axis.count; index++) fill(list, index, length);
  return list;
}

/** Most source pixels that one scaled pixel needs. */
export function longest(taps: Taps): number {
  return taps.lengths.reduce((most, length) => Math.max(most, length), 0);
}

/** The list with weights as float32. */
export function floatTaps({ starts, lengths, weights, stride }: TapList): FloatTaps {
  return { starts, lengths, weights: Float32Array.from(weights), stride };
}

/** The list with weights made integers by `round`. */
export function integerTaps(
  { starts, lengths, weights, stride }: TapList,
  round: (weight: number) => number,
): IntegerTaps {
  const rounded = new Int32Array(weights.length);
  for (let at = 0; at < weights.length; at++) rounded[at] = round(weights[at] as number);
  return { starts, lengths, weights: rounded, stride };
}
