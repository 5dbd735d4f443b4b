/** From pixels to what a model's input wants: order of channels, layout, scale, mean and deviation. */
import type { InputManifest } from '@scry/shared/models/model-folders';
import type { BatchData, InputType } from './engine.js';

export type Layout = 'nchw' | 'nhwc';

/** Everything about an input that is fixed once its model is loaded. */
export interface InputSpec extends Pick<InputManifest, 'channels' | 'scale' | 'mean' | 'std'> {
  readonly width: number;
  readonly height: number;
  readonly layout: Layout;
  readonly type: InputType;
}

/** Writes one image into place `index` of a batch. */
export type PixelWriter = (pixels: Uint8Array | Float32Array, batch: BatchData, index: number) => void;

/** Which channel of the image each channel of the model is. */
const ORDERS = { rgb: [0, 1, 2], bgr: [2, 1, 0], gray: [0] } as const;

export function channelCount(input: Pick<InputManifest, 'channels'>): number {
  return ORDERS[input.channels].length;
}

/** Values in one image. */
export function valuesPerImage(spec: InputSpec): number {
  return spec.width * spec.height * channelCount(spec);
}

/**
 * A level as the model wants it: `(level × scale − mean) / std`. A uint8 input takes the levels as they are, an int8 input
 * less 128, as quantised networks have them.
 */
function normaliser(spec: InputSpec, channel: number): (level: number) => number {
  if (spec.type === 'uint8') return Math.round;
  if (spec.type === 'int8') return (level) => Math.round(level) - 128;
  const mean = spec.mean?.[channel] ?? 0;
  const std = spec.std?.[channel] ?? 1;
  return (level) => (level * spec.scale - mean) / std;
}

/** Makes the writer for an input. For 8-bit pixels, tables of 256 values replace the arithmetic for every pixel. */
export function createPixelWriter(spec: InputSpec): PixelWriter {
  const order = ORDERS[spec.channels];
  const normalisers = order.map((_, channel) => normaliser(spec, channel));
  // In double precision first, so that the table is as exact as float32 can be.
  const tables = normalisers.map((normalise) =>
    Float32Array.from({ length: 256 }, (_, level) => normalise(level)),
  );
  const count = order.length;
  const plane = spec.width * spec.height;
  const size = plane * count;
  // Where channel c of pixel p goes: first[c] + p × step.
  const step = spec.layout === 'nchw' ? 1 : count;
  const first = order.map((_, channel) => (spec.layout === 'nchw' ? channel * plane : channel));

  return (pixels, batch, index) => {
    if (pixels.length !== size)
      throw new Error(`an image of ${pixels.length} values came where ${size} belong`);
    for (let channel = 0; channel < count; channel++) {
      const from = order[channel] as number;
      const to = index * size + (first[channel] as number);
      if (pixels instanceof Float32Array)
        writeLevels(pixels, from, count, normalisers[channel] as (level: number) => number, batch, to, step);
      else writeTable(pixels, from, count, tables[channel] as Float32Array, batch, to, step);
    }
  };
}

function writeTable(
  pixels: Uint8Array,
  from: number,
  count: number,
  table: Float32Array,
  batch: BatchData,
  to: number,
  step: number,
): void {
  for (let at = from, out = to; at < pixels.length; at += count, out += step)
    batch[out] = table[pixels[at] as number] as number;
}

/** What a batch can hold. */
function rangeOf(batch: BatchData): readonly [least: number, most: number] {
  if (batch instanceof Float32Array) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return batch instanceof Int8Array ? [-128, 127] : [0, 255];
}

/** Bicubic filters overshoot: levels are clipped where the batch is 8-bit. */
function writeLevels(
  pixels: Float32Array,
  from: number,
  count: number,
  normalise: (level: number) => number,
  batch: BatchData,
  to: number,
  step: number,
): void {
  const [least, most] = rangeOf(batch);
  for (let at = from, out = to; at < pixels.length; at += count, out += step)
    batch[out] = Math.min(most, Math.max(least, normalise(pixels[at] as number)));
}
