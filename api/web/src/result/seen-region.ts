/** Which part of an image a model is shown: what is cut off before the rest is scaled to its input. */
import { placeImage, type Size } from '@scry/shared/imaging/resample/placement';
import type { ModelView } from '../client/models.js';

/** A part of an image, 0 to 1 of its width and height. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Below this share of the image, what is left out is worth telling. */
const ALL = 0.99;

/** @returns null when the model is shown all of the image, or its input is not known */
export function seenRegion(image: Size, { width, height, ...rules }: ModelView['input']): Region | null {
  if (width === null || height === null) return null;
  const library = rules.resample === 'fast' ? 'opencv' : rules.resample; // as worker/src/imaging/exact.ts
  const fit = { width, height, resize: rules.resize, crop: rules.crop ?? undefined, align: rules.align };
  const placed = placeImage(image, fit, library).image;
  const along = (start: number, length: number, input: number) => {
    const from = Math.max(0, -start / length);
    return [from, Math.min(1, (input - start) / length) - from] as const;
  };
  const [x, across] = along(placed.x, placed.width, width);
  const [y, down] = along(placed.y, placed.height, height);
  return across * down < ALL ? { x, y, width: across, height: down } : null;
}
