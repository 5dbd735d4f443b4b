/**
 * Pillow's `Image.resize` on 8-bit images, bit for bit: filters widened when reducing (antialiased), weights of 22
 * fraction bits, columns first, 8 bits between the passes. Torchvision on PIL images, timm and many others use it.
 * Source: Pillow, src/libImaging/Resample.c (precompute_coeffs, normalize_coeffs_8bpc) and Geometry.c (ImagingScaleAffine).
 */
import { antialiasedTaps } from './antialiased-taps.js';
import { box, type FilterFunction, hamming, keys, lanczos3, triangle } from './filters.js';
import { resampleFixed } from './fixed-passes.js';
import type { FilterOf } from './libraries.js';
import { copyPicked, type Picks } from './nearest.js';
import type { Axis, Raster, Scaling } from './raster.js';
import { integerTaps } from './taps.js';

type PillowFilter = FilterOf<'pillow'>;

/** 8 bits of level and 2 bits against overflow are left of 32. */
const PRECISION_BITS = 22;

const FUNCTIONS: Readonly<Record<Exclude<PillowFilter, 'nearest'>, FilterFunction>> = {
  box,
  bilinear: triangle,
  hamming,
  bicubic: keys,
  lanczos: lanczos3,
};

/** @returns 8-bit `[rows, columns, channels]` of the computed window */
export function resizePillow(source: Raster, scaling: Scaling, filter: PillowFilter): Uint8Array {
  if (filter === 'nearest') return copyPicked(source, nearestPicks(scaling.x), nearestPicks(scaling.y));
  const taps = (axis: Axis) => integerTaps(antialiasedTaps(axis, FUNCTIONS[filter]), fixedPoint);
  return resampleFixed(source, taps(scaling.x), taps(scaling.y), PRECISION_BITS);
}

/** Rounds half away from zero, as the cast in C does after adding a half with the weight's sign. */
const fixedPoint = (weight: number): number =>
  Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));

/** Places are added up step by step, as Pillow does, so that rounding errors are the same. */
function nearestPicks(axis: Axis): Picks {
  const from = Math.fround(axis.from);
  const step = Math.fround(Math.fround(axis.to) - from) / axis.scaled;
  const chosen = new Int32Array(axis.count);
  let place = from + step * 0.5;
  for (let index = 0; index < axis.first + axis.count; index++, place += step)
    if (index >= axis.first)
      chosen[index - axis.first] = Math.min(axis.size - 1, Math.max(0, Math.trunc(place)));
  return chosen;
}
