/** Which part of an image its frame shows. Lengths are CSS pixels from the frame's top left corner. */

export interface Zoom {
  /** 1: the whole image fills the frame. */
  readonly scale: number;
  /** Where the image's top left corner lies: 0 or to the left of the frame. */
  readonly x: number;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
export const MOST = 16;

const within = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/** The nearest zoom at which the image covers the frame. */
function clamped({ scale, x, y }: Zoom, frame: Size): Zoom {
  const most = within(scale, 1, MOST);
  const along = (start: number, length: number) => within(start, length * (1 - most), 0);
  return { scale: most, x: along(x, frame.width), y: along(y, frame.height) };
}

/** Larger by a factor, or smaller below 1; what is under the point stays there. */
export function zoomedAt(zoom: Zoom, factor: number, point: Point, frame: Size): Zoom {
  const scale = within(zoom.scale * factor, 1, MOST);
  const grown = scale / zoom.scale;
  const x = point.x - (point.x - zoom.x) * grown;
  const y = point.y - (point.y - zoom.y) * grown;
  return clamped({ scale, x, y }, frame);
}

export function moved(zoom: Zoom, by: Point, frame: Size): Zoom {
  return clamped({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, frame);
}

const middle = ([a, b]: Pair): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const distance = ([a, b]: Pair): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Two fingers. */
export type Pair = readonly [Point, Point];

/** What two fingers do that move from one pair of places to another: the image moves and grows with them. */
export function pinched(zoom: Zoom, before: Pair, now: Pair, frame: Size): Zoom {
  const [from, to] = [middle(before), middle(now)];
  const along = moved(zoom, { x: to.x - from.x, y: to.y - from.y }, frame);
  return zoomedAt(along, distance(now) / Math.max(1, distance(before)), to, frame);
}
