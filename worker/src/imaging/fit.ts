/** The last step of resizing: cutting the middle out of a scaled image, or laying it into its padding. */
import type { Raster } from '@scry/shared/imaging/resample/raster';
import type { InputManifest } from '@scry/shared/models/model-folders';
import type { Geometry } from './geometry.js';

/** What a model wants to see: the manifest's `input` with the size known. */
export type ImageInput = Pick<
  InputManifest,
  'channels' | 'resample' | 'filter' | 'antialias' | 'resize' | 'crop' | 'pad' | 'align'
> & {
  readonly width: number;
  readonly height: number;
};

/** Levels from 0 to 255: whole ones, or as a library left them that does not round. */
export type Pixels = Uint8Array | Float32Array;

export interface Fitted {
  /** `[height, width, channels]` of the model input; owns its whole ArrayBuffer, so it can be transferred. */
  readonly pixels: Pixels;
  readonly geometry: Geometry;
}

/** A scaled image, or the part of it that is used. */
export interface Scaled extends Omit<Raster, 'data'> {
  readonly data: Pixels;
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

/** Brings a scaled image to the model's exact size, its middle taken or padded. */
export function toInputSize(scaled: Raster, input: ImageInput): Fitted {
  const geometry = place(scaled.width, scaled.height, input);
  return { pixels: layOut(scaled, geometry, input), geometry };
}

/**
 * Lays pixels into the model's input, padding what they do not fill and cutting what reaches beyond it.
 * Copies only when they do not fit already.
 * @param at where the top left pixel lies
 */
export function layOut(scaled: Scaled, at: Pick<Geometry, 'x' | 'y'>, input: ImageInput): Pixels {
  const { channels } = scaled;
  if (scaled.width === input.width && scaled.height === input.height) return owned(scaled.data);
  const length = input.width * input.height * channels;
  const pixels = scaled.data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  if (scaled.width < input.width || scaled.height < input.height) pad(pixels, channels, input);
  const columns = Math.min(scaled.width, input.width) * channels;
  const rows = Math.min(scaled.height, input.height);
  for (let row = 0; row < rows; row++) {
    const from = ((row + Math.max(0, -at.y)) * scaled.width + Math.max(0, -at.x)) * channels;
    const to = ((row + Math.max(0, at.y)) * input.width + Math.max(0, at.x)) * channels;
    pixels.set(scaled.data.subarray(from, from + columns), to);
  }
  return pixels;
}

/** Pixels are kept as RGB whatever the model's order is; the manifest's levels are in the model's. */
function pad(pixels: Pixels, channels: number, { pad, channels: order }: ImageInput): void {
  if (!Array.isArray(pad)) {
    pixels.fill(pad);
    return;
  }
  const levels = order === 'bgr' ? pad.toReversed() : pad;
  for (let at = 0; at < pixels.length; at++) pixels[at] = levels[at % channels] as number;
}

/**
 * What sharp gives is memory of libvips that Node will not transfer, whatever its length.
 * A copy is made by the constructor: a Buffer's own `slice` is another view of the same memory.
 */
function owned(data: Pixels): Pixels {
  const transferable = !Buffer.isBuffer(data) && data.byteLength === data.buffer.byteLength;
  return transferable || data instanceof Float32Array ? data : new Uint8Array(data);
}
