/** Cubic interpolation of four neighbours with a = -0.75, as PyTorch and OpenCV have it: no antialiasing. */
import { cubic } from './filters.js';
import type { Axis } from './raster.js';
import { collect, type TapList } from './taps.js';

/**
 * Half-pixel centres. Neighbours beyond the edge are the edge's pixel: their weights are added to its own.
 * @param place where a scaled pixel's centre lies among the source pixels' centres, rounded as the library does
 */
export function clampedCubicTaps(axis: Axis, place: (index: number) => number): TapList {
  return collect(axis, 4, (list, index, length) => {
    const center = place(index);
    const base = Math.floor(center);
    const inside = (at: number) => Math.min(length - 1, Math.max(0, at));
    const start = inside(base - 1);
    list.next(axis.from + start);
    for (let at = base - 1; at < base + 3; at++) list.add(inside(at) - start, cubic(-0.75, at - center));
  });
}
