/**
 * An image as a model is shown it: cut, scaled and padded as the manifest's input says. Drawn by libvips, whose pixels differ
 * a little from those that a worker computes in a training library's arithmetic; sizes and offsets are the same.
 */
import type { InputManifest } from '@scry/shared/contracts/manifest';
import { placeImage, type Rectangle, type Size } from '@scry/shared/imaging/resample/placement';
import sharp, { type KernelEnum, type Sharp } from 'sharp';

export type ShownInput = Pick<
  InputManifest,
  'channels' | 'resample' | 'filter' | 'resize' | 'crop' | 'pad' | 'align'
> &
  Size;

const KERNELS: Readonly<Record<string, keyof KernelEnum>> = {
  nearest: 'nearest',
  'nearest-exact': 'nearest',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
};

/** A part of an axis: where it begins and how long it is. */
interface Span {
  readonly from: number;
  readonly length: number;
}

interface PlacedAxis {
  /** The part of the image that is shown, in pixels of the image. */
  readonly source: Span;
  /** Where it lies, in pixels of the input. */
  readonly target: Span;
}

/** @param start where the whole image begins in the input, and `length` how long it is there */
function placeAxis(size: number, start: number, length: number, input: number): PlacedAxis {
  const from = Math.min(Math.max(0, Math.round(start)), input - 1);
  const to = Math.max(from + 1, Math.min(input, Math.round(start + length)));
  const scale = size / length;
  const first = Math.min(Math.max(0, Math.round((from - start) * scale)), size - 1);
  const last = Math.max(first + 1, Math.min(size, Math.round((to - start) * scale)));
  return { source: { from: first, length: last - first }, target: { from, length: to - from } };
}

/** Which part of an image a model is shown, and where in its input it lies. */
export function shownPart(image: Size, input: ShownInput): { x: PlacedAxis; y: PlacedAxis } {
  const library = input.resample === 'fast' ? 'opencv' : input.resample;
  const placed: Rectangle = placeImage(image, input, library).image;
  return {
    x: placeAxis(image.width, placed.x, placed.width, input.width),
    y: placeAxis(image.height, placed.y, placed.height, input.height),
  };
}

/** Levels around the image, in the order in which they are drawn. */
function padding({ pad, channels }: ShownInput): { r: number; g: number; b: number } {
  const levels = Array.isArray(pad) ? pad : [pad, pad, pad];
  const [r = 0, g = 0, b = 0] = channels === 'bgr' ? levels.toReversed() : levels;
  return { r, g, b };
}

/**
 * Draws it.
 * @param opened the image, upright and opaque
 * @param image its size as opened
 * @returns a PNG of the input's size
 */
export async function drawInput(opened: Sharp, image: Size, input: ShownInput): Promise<Buffer> {
  const { width, height } = input;
  const { x, y } = shownPart(image, input);
  const part = opened
    .extract({ left: x.source.from, top: y.source.from, width: x.source.length, height: y.source.length })
    .resize({
      width: x.target.length,
      height: y.target.length,
      fit: 'fill',
      kernel: KERNELS[input.filter] ?? 'linear',
    });
  const scaled = await (input.channels === 'gray' ? part.grayscale() : part).png().toBuffer();
  return sharp({ create: { width, height, channels: 3, background: padding(input) } })
    .composite([{ input: scaled, left: x.target.from, top: y.target.from }])
    .removeAlpha()
    .png()
    .toBuffer();
}
