/**
 * PyTorch's `interpolate(align_corners=False)` on float tensors, which torchvision uses for tensors. Not rounded; only
 * the nearest filters keep 8 bits.
 * Sources: aten/src/ATen/native/UpSample.h (area_pixel_compute_source_index, nearest_idx) and cpu/UpSampleKernel.cpp.
 */
import { antialiasedTaps } from './antialiased-taps.js';
import { clampedCubicTaps } from './cubic-taps.js';
import { keys, triangle } from './filters.js';
import { resampleFloat } from './float-passes.js';
import type { FilterOf } from './libraries.js';
import { copyPicked, picks } from './nearest.js';
import type { Axis, Raster, Scaling } from './raster.js';
import { collect, floatTaps, type TapList } from './taps.js';

type TorchFilter = FilterOf<'torch'>;

/**
 * @param antialias widen the filter when reducing; nothing for the nearest filters
 * @returns `[rows, columns, channels]` of the computed window: 8-bit for the nearest filters, else float32
 */
export function resizeTorch(
  source: Raster,
  scaling: Scaling,
  filter: TorchFilter,
  antialias: boolean,
): Uint8Array | Float32Array {
  if (filter === 'nearest' || filter === 'nearest-exact') {
    const shift = filter === 'nearest' ? 0 : 0.5;
    return copyPicked(source, nearestPicks(scaling.x, shift), nearestPicks(scaling.y, shift));
  }
  const build = antialias ? ANTIALIASED[filter] : PLAIN[filter];
  return resampleFloat(source, floatTaps(build(scaling.x)), floatTaps(build(scaling.y)));
}

const { fround } = Math;
const step = (axis: Axis): number => fround((axis.to - axis.from) / axis.scaled);

const nearestPicks = (axis: Axis, shift: number) =>
  picks(axis, (index) => Math.floor(fround(fround(index + shift) * step(axis))));

const place = (axis: Axis, index: number): number => fround(step(axis) * (index + 0.5) - 0.5);

function bilinear(axis: Axis): TapList {
  return collect(axis, 2, (list, index, length) => {
    const at = Math.max(0, place(axis, index));
    const start = Math.min(length - 1, Math.floor(at));
    const share = start + 1 < length ? at - start : 0;
    list.next(axis.from + start);
    list.push(1 - share);
    if (share > 0) list.push(share);
  });
}

/** Pillow's weights, on the part that is scaled as if it were the whole image. */
const antialiased = (filter: typeof triangle) => (axis: Axis) => {
  const length = axis.to - axis.from;
  const list = antialiasedTaps({ ...axis, size: length, from: 0, to: length }, filter);
  for (let at = 0; at < axis.count; at++) list.starts[at] = (list.starts[at] as number) + axis.from;
  return list;
};

const PLAIN = {
  bilinear,
  bicubic: (axis: Axis) => clampedCubicTaps(axis, (index) => place(axis, index)),
} as const;
const ANTIALIASED = { bilinear: antialiased(triangle), bicubic: antialiased(keys) } as const;
