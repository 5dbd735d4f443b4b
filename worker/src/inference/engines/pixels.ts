/** From 8-bit pixels to what a model's input wants: order of channels, layout, scale, mean and deviation. */
import type { InputManifest } from '@scry/shared/models/model-folders';

export type Layout = 'nchw' | 'nhwc';

/** Everything about an input that is fixed once its model is loaded. */
export interface InputSpec extends Pick<InputManifest, 'channels' | 'scale' | 'mean' | 'std'> {
  readonly width: number;
  readonly height: number;
  readonly layout: Layout;
  readonly type: 'float32' | 'uint8';
}

/** Writes one image into place `index` of a batch. */
export type PixelWriter = (pixels: Uint8Array, batch: Float32Array | Uint8Array, index: number) => void;

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
 * Value of each of the 256 levels, per channel of the model: `(level × scale − mean) / std`, in double precision
 * first, so that the table is as exact as float32 can be. A uint8 input takes the levels as they are.
 */
function levels(spec: InputSpec, channel: number): Float32Array {
  const mean = spec.mean?.[channel] ?? 0;
  const std = spec.std?.[channel] ?? 1;
  return Float32Array.from({ length: 256 }, (_, level) =>
    spec.type === 'uint8' ? level : (level * spec.scale - mean) / std,
  );
}

/** Makes the writer for an input. Tables of 256 values replace the arithmetic for every pixel. */
export function createPixelWriter(spec: InputSpec): PixelWriter {
  const order = ORDERS[spec.channels];
  const tables = order.map((_, channel) => levels(spec, channel));
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
      const table = tables[channel] as Float32Array;
      let to = index * size + (first[channel] as number);
      for (let from = order[channel] as number; from < size; from += count) {
        batch[to] = table[pixels[from] as number] as number;
        to += step;
      }
    }
  };
}
