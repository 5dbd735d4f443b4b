/** The last step of resizing: cutting the middle out of a scaled image, or laying it into its padding. */
import type { InputManifest } from '@scry/shared/models/model-folders';
import type { Geometry } from './geometry.js';

/** What a model wants to see: the manifest's `input` with the size known. */
export type ImageInput = Pick<InputManifest, 'channels' | 'resize' | 'pad' | 'filter' | 'align'> & {
  readonly width: number;
  readonly height: number;
};

/** Interleaved 8-bit pixels, rows from the top. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export interface Fitted {
  /** `[height, width, channels]` of the model input; owns its whole ArrayBuffer, so it can be transferred. */
  readonly pixels: Uint8Array;
  readonly geometry: Geometry;
}

/**
 * Where a scaled image of `width × height` goes in the model input. A negative offset is cut off.
 * Half pixels go to the end, as in `round((outer - inner) / 2 - 0.1)` of Ultralytics' letterbox.
 */
export function place(width: number, height: number, input: ImageInput): Geometry {
  const offset = (inner: number, outer: number) =>
    input.resize === 'contain' && input.align === 'start' ? 0 : Math.floor((outer - inner) / 2);
  return { x: offset(width, input.width), y: offset(height, input.height), width, height };
}

/** Brings a scaled image to the model's exact size. Copies only when it does not fit already. */
export function toInputSize(scaled: Raster, input: ImageInput): Fitted {
  const { channels } = scaled;
  const geometry = place(scaled.width, scaled.height, input);
  if (scaled.width === input.width && scaled.height === input.height)
    return { pixels: owned(scaled.data), geometry };
  const pixels = new Uint8Array(input.width * input.height * channels);
  if (scaled.width < input.width || scaled.height < input.height) pixels.fill(input.pad);
  const columns = Math.min(scaled.width, input.width) * channels;
  const rows = Math.min(scaled.height, input.height);
  for (let row = 0; row < rows; row++) {
    const from = ((row + Math.max(0, -geometry.y)) * scaled.width + Math.max(0, -geometry.x)) * channels;
    const to = ((row + Math.max(0, geometry.y)) * input.width + Math.max(0, geometry.x)) * channels;
    pixels.set(scaled.data.subarray(from, from + columns), to);
  }
  return { pixels, geometry };
}

/**
 * What sharp gives is memory of libvips that Node will not transfer, whatever its length.
 * A copy is made by the constructor: a Buffer's own `slice` is another view of the same memory.
 */
function owned(data: Uint8Array): Uint8Array {
  const transferable = !Buffer.isBuffer(data) && data.byteLength === data.buffer.byteLength;
  return transferable ? data : new Uint8Array(data);
}
