/**
 * TensorFlow's `tf.image.resize` (half-pixel centres), which Keras' `Resizing` and `image_dataset_from_directory` use.
 * Float results are not rounded. Only `nearest` keeps 8 bits.
 * Sources: tensorflow/core/kernels/image: image_resizer_state.h, resize_bilinear_op.cc, resize_bicubic_op.cc,
 * resize_area_op.cc, resize_nearest_neighbor_op.cc, scale_and_translate_op.cc, sampling_kernels.h.
 */
import { cubic, type FilterFunction, keys, triangle } from './filters.js';
import { resampleFloat } from './float-passes.js';
import type { FilterOf } from './libraries.js';
import { copyPicked, picks } from './nearest.js';
import type { Axis, Raster, Scaling } from './raster.js';
import { collect, floatTaps, type TapList } from './taps.js';

type TensorflowFilter = FilterOf<'tensorflow'>;

/**
 * @param antialias widen the filter when reducing (`tf.image.resize(antialias=True)`); nothing for nearest and area
 * @returns `[rows, columns, channels]` of the computed window: 8-bit for nearest, else float32
 */
export function resizeTensorflow(
  source: Raster,
  scaling: Scaling,
  filter: TensorflowFilter,
  antialias: boolean,
): Uint8Array | Float32Array {
  if (filter === 'nearest') return copyPicked(source, nearestPicks(scaling.x), nearestPicks(scaling.y));
  const build = antialias && filter !== 'area' ? spans(SPAN_FILTERS[filter]) : BUILDERS[filter];
  return resampleFloat(source, floatTaps(build(scaling.x)), floatTaps(build(scaling.y)));
}

const { fround } = Math;

/** Source pixels for each scaled pixel, in float32 as in `CalculateResizeScale`. */
const step = (axis: Axis): number => fround((axis.to - axis.from) / axis.scaled);

const nearestPicks = (axis: Axis) =>
  picks(axis, (index) => Math.floor(fround(fround(index + 0.5) * step(axis))));

type TapBuilder = (axis: Axis) => TapList;

const SPAN_FILTERS = { bilinear: triangle, bicubic: keys } as const;

/** Where a scaled pixel's centre lies among the source pixels' centres. */
const place = (axis: Axis, index: number): number => fround(fround(fround(index + 0.5) * step(axis)) - 0.5);

const bilinear: TapBuilder = (axis) =>
  collect(axis, 2, (list, index, length) => {
    const at = place(axis, index);
    const lower = Math.max(0, Math.floor(at));
    const upper = Math.min(length - 1, Math.ceil(at));
    const share = upper > lower ? fround(at - Math.floor(at)) : 0;
    list.next(axis.from + lower);
    list.push(1 - share);
    if (share > 0) list.push(share);
  });

/** Weights come from a table of this many steps between two pixels. */
const CUBIC_STEPS = 1024;

const bicubic: TapBuilder = (axis) =>
  collect(axis, 4, (list, index, length) => {
    const at = place(axis, index);
    const base = Math.floor(at);
    const share = Math.round(fround(at - base) * CUBIC_STEPS) / CUBIC_STEPS;
    const start = Math.max(0, base - 1);
    list.next(axis.from + start);
    for (let tap = start; tap < Math.min(length, base + 3); tap++) list.push(cubic(-0.5, tap - base - share));
    list.normalise();
  });

/** Averages the source pixels that a scaled pixel covers, those at its edges in part. */
const area: TapBuilder = (axis) =>
  collect(axis, Math.ceil(step(axis)) + 1, (list, index, length) => {
    const scale = step(axis);
    const [from, to] = [fround(index * scale), fround((index + 1) * scale)];
    const start = Math.min(length - 1, Math.floor(from));
    const end = Math.max(start + 1, Math.min(length, Math.ceil(to)));
    list.next(axis.from + start);
    for (let at = start; at < end; at++) list.push((Math.min(to, at + 1) - Math.max(from, at)) / scale);
  });

const BUILDERS: Readonly<Record<Exclude<TensorflowFilter, 'nearest'>, TapBuilder>> = {
  bilinear,
  bicubic,
  area,
};

/** Taps of ScaleAndTranslate with antialiasing. */
const spans =
  ({ support, weight }: FilterFunction): TapBuilder =>
  (axis) => {
    const inverse = fround(1 / fround(axis.scaled / (axis.to - axis.from)));
    const widened = Math.max(1, inverse);
    const narrowed = fround(1 / widened);
    const reach = support * widened;
    return collect(axis, Math.ceil(reach) * 2 + 1, (list, index, length) => {
      const center = fround(fround(index + 0.5) * inverse);
      const start = Math.min(length - 1, Math.max(0, Math.ceil(center - reach - 0.5)));
      const last = Math.min(length - 1, Math.max(0, Math.floor(center + reach - 0.5)));
      list.next(axis.from + start);
      for (let at = start; at <= last; at++) list.push(weight((at + 0.5 - center) * narrowed));
      list.normalise();
    });
  };
