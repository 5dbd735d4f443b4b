/** Where things go in an annotated image: pure geometry, in pixels of the canvas. */
import type { Box } from '@scry/shared/contracts/prediction';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Canvas extends Size {
  /** Where the image lies on it. */
  readonly image: Rect;
  /** A strip across the top for one line of text; no height where there is none. */
  readonly banner: Rect;
  readonly fontSize: number;
  readonly lineWidth: number;
  /** How many canvas pixels one of the image's takes. */
  readonly scale: number;
}

/** Small images grow to this on their longer side, so that text is legible beside what it names; large ones shrink. */
const LONGER_SIDE = { least: 640, most: 2048 } as const;
/** A canvas is never narrower or lower than this, however thin the image. */
const LEAST: Size = { width: 320, height: 200 };

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** Lays out a canvas for an image. @param withBanner leaves room for one line above it */
export function planCanvas(size: Size, withBanner: boolean): Canvas {
  const longer = Math.max(size.width, size.height);
  const target = clamp(longer, LONGER_SIDE.least, LONGER_SIDE.most);
  const scale = target / longer;
  const shown = {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
  const fontSize = Math.round(clamp(target / 44, 16, 40));
  const width = Math.max(shown.width, LEAST.width);
  const bannerHeight = withBanner ? Math.round(fontSize * 2.2) : 0;
  const room = Math.max(shown.height, LEAST.height);
  return {
    width,
    height: bannerHeight + room,
    image: {
      ...shown,
      left: Math.floor((width - shown.width) / 2),
      top: bannerHeight + Math.floor((room - shown.height) / 2),
    },
    banner: { left: 0, top: 0, width, height: bannerHeight },
    fontSize,
    lineWidth: Math.max(2, Math.round(fontSize / 8)),
    scale,
  };
}

/** A relative box in pixels, kept within `area`. */
export function toRect({ cx, cy, w, h }: Box, area: Rect): Rect {
  const left = clamp(cx - w / 2, 0, 1);
  const top = clamp(cy - h / 2, 0, 1);
  const right = clamp(cx + w / 2, left, 1);
  const bottom = clamp(cy + h / 2, top, 1);
  return {
    left: area.left + left * area.width,
    top: area.top + top * area.height,
    width: (right - left) * area.width,
    height: (bottom - top) * area.height,
  };
}

function overlaps(a: Rect, b: Rect): boolean {
  return (
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    a.top < b.top + b.height &&
    b.top < a.top + a.height
  );
}

/** Places for a label, best first: above its box, at its top inside, below it, at its bottom inside. */
function places(box: Rect, { width, height }: Size, canvas: Size, least: number): Rect[] {
  const left = clamp(box.left, 0, Math.max(0, canvas.width - width));
  const bottom = box.top + box.height;
  const tops = [box.top - height, box.top, bottom, bottom - height];
  return tops
    .filter((top) => top >= least && top + height <= canvas.height)
    .map((top) => ({ left, top, width, height }));
}

/**
 * Places labels at their boxes so that they do not cover each other where that can be had; earlier ones choose first.
 * @param boxes and their labels' sizes, in step
 * @returns where each label lies, within the canvas and below its banner
 */
export function placeLabels(boxes: readonly Rect[], labels: readonly Size[], canvas: Canvas): Rect[] {
  const taken: Rect[] = [];
  for (const [index, box] of boxes.entries()) {
    const label = labels[index] as Size;
    const candidates = places(box, label, canvas, canvas.banner.height);
    const free = candidates.find((candidate) => !taken.some((other) => overlaps(candidate, other)));
    const fallback = {
      ...label,
      left: clamp(box.left, 0, Math.max(0, canvas.width - label.width)),
      top: canvas.banner.height,
    };
    taken.push(free ?? candidates[0] ?? fallback);
  }
  return taken.map((rect) => ({ ...rect, left: Math.round(rect.left), top: Math.round(rect.top) }));
}
