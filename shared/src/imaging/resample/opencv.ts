/**
 * OpenCV's `cv2.resize` on 8-bit images: half-pixel centres, no antialiasing but for `area`.
 * Source: modules/imgproc/src/resize.cpp (HResizeLinear, VResizeLinear, ResizeAreaFast,
 * computeResizeAreaTab, ResizeArea_Invoker). Cubic is that of the builds
 * for x86 that `pip install opencv-python` brings (Intel's IPP, weights not made integers); others differ by one level
 * in some percent of values.
 */

import { clampedCubicTaps } from './cubic-taps.js';
import { resampleFloat } from './float-passes.js';
import type { FilterOf } from './libraries.js';
import { copyPicked, picks } from './nearest.js';
import { areaTaps, resampleArea, step } from './opencv-area.js';
import { resampleLinear } from './opencv-linear.js';
import type { Axis, Raster, Scaling } from './raster.js';
import { rounded, roundHalfToEven } from './rounding.js';
import { collect, floatTaps, type IntegerTaps, integerTaps, type TapList } from './taps.js';

type OpencvFilter = FilterOf<'opencv'>;

/** INTER_RESIZE_COEF_SCALE */
const ONE = 2048;

/** @returns 8-bit `[rows, columns, channels]` of the computed window */
export function resizeOpencv(source: Raster, scaling: Scaling, filter: OpencvFilter): Uint8Array {
  const { x, y } = scaling;
  switch (filter) {
    case 'nearest':
      return copyPicked(source, nearestPicks(x), nearestPicks(y));
    case 'bicubic':
      return rounded(resampleFloat(source, cubicTaps(x), cubicTaps(y)));
    case 'area':
      if (step(x) >= 1 && step(y) >= 1) return resampleArea(source, areaTaps(x), areaTaps(y));
      return linear(source, scaling, enlargingAreaTaps);
    case 'bilinear':
      // Halving both sides is averaged, as OpenCV does.
      if (step(x) === 2 && step(y) === 2) return resampleArea(source, areaTaps(x), areaTaps(y));
      return linear(source, scaling, linearTaps);
  }
}

function linear(source: Raster, { x, y }: Scaling, build: (axis: Axis) => TapList): Uint8Array {
  const columns = atEdges(integerTaps(build(x), fixedPoint), x);
  const rows = integerTaps(build(y), fixedPoint);
  return resampleLinear(source, columns, { ...rows, first: y.from, last: y.to - 1 });
}

const { fround } = Math;

const nearestPicks = (axis: Axis) => picks(axis, (index) => Math.floor(index * step(axis)));

/** As `saturate_cast<short>` of a float32 product. */
const fixedPoint = (weight: number): number => roundHalfToEven(fround(weight * ONE));

const cubicTaps = (axis: Axis) =>
  floatTaps(clampedCubicTaps(axis, (index) => (index + 0.5) * step(axis) - 0.5));

/** Two neighbours, of which one may lie beyond the edge. */
const linearTaps = (axis: Axis): TapList =>
  collect(axis, 2, (list, index) => {
    const place = fround((index + 0.5) * step(axis) - 0.5);
    pushTwo(list, axis.from + Math.floor(place), fround(place - Math.floor(place)));
  });

/** INTER_AREA when a side grows: like linear, with shares by overlap. */
const enlargingAreaTaps = (axis: Axis): TapList =>
  collect(axis, 2, (list, index, length) => {
    const start = Math.floor(index * step(axis));
    const overlap = fround(index + 1 - (start + 1) * (axis.scaled / length));
    pushTwo(list, axis.from + start, overlap <= 0 ? 0 : fround(overlap - Math.floor(overlap)));
  });

function pushTwo(list: TapList, start: number, share: number): void {
  list.next(start);
  list.push(fround(1 - share));
  list.push(share);
}

/** At the edges of a row, OpenCV takes the edge's pixel alone. */
function atEdges(taps: IntegerTaps, axis: Axis): IntegerTaps {
  for (let at = 0; at < axis.count; at++) {
    const start = taps.starts[at] as number;
    if (start >= axis.from && start < axis.to - 1) continue;
    taps.starts[at] = start < axis.from ? axis.from : axis.to - 1;
    taps.lengths[at] = 1;
    taps.weights[2 * at] = ONE;
  }
  return taps;
}
