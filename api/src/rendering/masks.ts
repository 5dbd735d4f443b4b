/** Masks as images: alone as a PNG, and in color for drawing them over an image. */
import type { Answer, Mask } from '@scry/shared/tasks/answer';
import type { ClassColors } from '@scry/shared/tasks/class-hue';
import { decodeMask } from '@scry/shared/tasks/segmentation/rle';
import sharp, { type OverlayOptions } from 'sharp';
import type { Rect, Size } from './canvas.js';
import { classColor } from './colors.js';

/** Lets the image shine through. */
const OPACITY = 0.5;

/** @returns a PNG of one channel and the given size: 255 where the mask is set, else 0 */
export function maskPng(mask: Mask, { width, height }: Size): Promise<Buffer> {
  const [rows, columns] = mask.size;
  const cells = decodeMask(mask).map((cell) => cell * 255);
  return sharp(cells, { raw: { width: columns, height: rows, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

const rgb = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** @returns one layer with the masks of all answers in the colors of their classes; null where none has a mask */
export async function maskLayer(
  answers: readonly Answer[],
  area: Rect,
  colors: ClassColors,
): Promise<OverlayOptions | null> {
  const masked = answers.flatMap((answer) => (answer.mask ? [{ answer, mask: answer.mask }] : []));
  const [first] = masked;
  if (!first) return null;
  const [rows, columns] = first.mask.size; // all masks of an answer lie on one grid
  const pixels = new Uint8Array(rows * columns * 4);
  for (const { mask, answer } of masked) {
    const color = [...rgb(classColor(answer, colors).hex), Math.round(OPACITY * 255)];
    for (const [at, cell] of decodeMask(mask).entries()) if (cell === 1) pixels.set(color, at * 4);
  }
  const input = await sharp(pixels, { raw: { width: columns, height: rows, channels: 4 } })
    .resize(area.width, area.height, { fit: 'fill', kernel: 'nearest' })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { input, left: area.left, top: area.top };
}
