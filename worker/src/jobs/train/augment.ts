/** Changes of training images, drawn from a seed: the same image, seed and epoch give the same result. */
import { uniform } from '@scry/onnx/gradients/trainer/random';
import type { Augmentation } from '@scry/shared/contracts/training';
import type { Pixels } from '../../imaging/fit.js';

const LARGEST_TURN = Math.PI / 12;
const SMALLEST_CROP = 0.8;
const COLOR_CHANGE = 0.2;
const ERASED_SHARE = { least: 0.02, most: 0.2 } as const;
const GRAY = 128;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Where the pixel (x, y) of the result comes from, around the middle: scaled, turned, mirrored, moved. */
interface Placement {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
  readonly dx: number;
  readonly dy: number;
}

function placementOf({ flip, crop, rotate }: Augmentation, size: ImageSize, draw: () => number): Placement {
  const side = flip && draw() < 0.5 ? -1 : 1;
  const scale = crop ? SMALLEST_CROP + (1 - SMALLEST_CROP) * draw() : 1;
  const angle = rotate ? LARGEST_TURN * (2 * draw() - 1) : 0;
  const room = (1 - scale) / 2;
  const [dx, dy] = crop
    ? [room * size.width * (2 * draw() - 1), room * size.height * (2 * draw() - 1)]
    : [0, 0];
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  return { xx: cos * side, xy: -sin, yx: sin * side, yy: cos, dx, dy };
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

/** Moves pixels with bilinear interpolation; beyond the border lies its last pixel. */
function place(pixels: Pixels, size: ImageSize, at: Placement): Pixels {
  const { width, height, channels } = size;
  const result = pixels.slice();
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [u, v] = [x - middleX, y - middleY];
      const fromX = clamp(at.xx * u + at.xy * v + middleX + at.dx, width - 1);
      const fromY = clamp(at.yx * u + at.yy * v + middleY + at.dy, height - 1);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [fx, fy] = [fromX - left, fromY - top];
      const nextX = left + 1 < width ? channels : 0;
      const nextY = top + 1 < height ? width * channels : 0;
      const start = (top * width + left) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        const from = start + channel;
        const upper = (pixels[from] as number) * (1 - fx) + (pixels[from + nextX] as number) * fx;
        const lower =
          (pixels[from + nextY] as number) * (1 - fx) + (pixels[from + nextY + nextX] as number) * fx;
        result[to + channel] = upper * (1 - fy) + lower * fy + (pixels instanceof Uint8Array ? 0.5 : 0);
      }
    }
  }
  return result;
}

function recolor(pixels: Pixels, draw: () => number): void {
  const contrast = 1 + COLOR_CHANGE * (2 * draw() - 1);
  const brightness = 255 * COLOR_CHANGE * (2 * draw() - 1);
  for (let at = 0; at < pixels.length; at += 1)
    pixels[at] = clamp(((pixels[at] as number) - GRAY) * contrast + GRAY + brightness, 255);
}

function erase(pixels: Pixels, { width, height, channels }: ImageSize, draw: () => number): void {
  if (draw() >= 0.5) return;
  const share = ERASED_SHARE.least + (ERASED_SHARE.most - ERASED_SHARE.least) * draw();
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * Math.sqrt(share)))) as [
    number,
    number,
  ];
  const left = Math.floor(draw() * (width - w + 1));
  const top = Math.floor(draw() * (height - h + 1));
  for (let y = top; y < top + h; y += 1)
    pixels.fill(GRAY, (y * width + left) * channels, (y * width + left + w) * channels);
}

/** Whether anything is changed at all. */
export function changesImages(augment: Augmentation): boolean {
  return Object.values(augment).some(Boolean);
}

/**
 * @param pixels interleaved levels, left as they are
 * @param seeds such as the training's seed, the epoch and the image's place
 * @returns new pixels of the same size
 */
export function augmented(
  pixels: Pixels,
  size: ImageSize,
  augment: Augmentation,
  ...seeds: readonly number[]
): Pixels {
  const draw = uniform(...seeds);
  const moved = augment.flip || augment.crop || augment.rotate;
  const result = moved ? place(pixels, size, placementOf(augment, size, draw)) : pixels.slice();
  if (augment.color) recolor(result, draw);
  if (augment.erase) erase(result, size, draw);
  return result;
}
