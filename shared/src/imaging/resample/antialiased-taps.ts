/** The weights of Pillow's Resample.c (precompute_coeffs), which PyTorch's antialiasing took over. */
import type { FilterFunction } from './filters.js';
import type { Axis } from './raster.js';
import { TapList } from './taps.js';

/**
 * Weights of a filter that widens with the step when reducing, normalised to a sum of 1.
 * Neighbours outside `from` and `to` but inside the source take part, as with Pillow's `box`.
 */
export function antialiasedTaps(axis: Axis, { support, weight }: FilterFunction): TapList {
  const { size, first, count } = axis;
  const from = Math.fround(axis.from);
  const scale = Math.fround(Math.fround(axis.to) - from) / axis.scaled;
  const widened = Math.max(1, scale);
  const narrowed = 1 / widened;
  const reach = support * widened;
  const list = new TapList(count, Math.ceil(reach) * 2 + 1);
  for (let index = first; index < first + count; index++) {
    const center = from + (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(size, Math.trunc(center + reach + 0.5));
    list.next(start);
    for (let at = start; at < end; at++) list.push(weight((at - center + 0.5) * narrowed));
    list.normalise();
  }
  return list;
}
