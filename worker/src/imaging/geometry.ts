/** Where the whole image lies in the pixels that a model is given, so that boxes can be carried back. */
import type { Box } from '@scry/shared/contracts/prediction';

/**
 * The image's rectangle in pixels of the model input. A `contain` image lies inside (x, y ≥ 0), a `cover`
 * image reaches beyond the edges (x or y < 0), a stretched one fits exactly.
 */
export interface Geometry {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Corners in pixels of the model input. */
export interface Corners {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

const clip = (value: number): number => Math.min(1, Math.max(0, value));

/** A ten-thousandth of a pixel on an 8K image is lost; numbers stay short in JSON. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Carries a box from model input to image, clipped to it; null when nothing of it lies in the image. */
export function toImage(corners: Corners, geometry: Geometry): Box | null {
  const x0 = clip((corners.x0 - geometry.x) / geometry.width);
  const x1 = clip((corners.x1 - geometry.x) / geometry.width);
  const y0 = clip((corners.y0 - geometry.y) / geometry.height);
  const y1 = clip((corners.y1 - geometry.y) / geometry.height);
  if (x1 <= x0 || y1 <= y0) return null;
  return { cx: round((x0 + x1) / 2), cy: round((y0 + y1) / 2), w: round(x1 - x0), h: round(y1 - y0) };
}
