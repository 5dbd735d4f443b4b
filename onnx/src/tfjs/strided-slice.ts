/** TensorFlow's StridedSlice with its masks. Source: tensorflow/core/util/strided_slice_op.cc. */
import { ConversionError } from '../errors.js';
import type { Shape } from '../graph/graph.js';
import type { GraphNode } from './graph-def.js';

/** Stands for "to the end" in ONNX. */
export const TO_END = Number.MAX_SAFE_INTEGER;

export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface SlicePlan {
  readonly slices: readonly AxisSlice[];
  /** Axes of the source that go, each cut to one element. */
  readonly shrunk: readonly number[];
  /** Axes of the result that are new, each of one element. */
  readonly added: readonly number[];
}

interface Masks {
  readonly begin: number;
  readonly end: number;
  readonly ellipsis: number;
  readonly newAxis: number;
  readonly shrink: number;
}

const has = (mask: number, bit: number) => (mask & (1 << bit)) !== 0;

function sliceOf(
  masks: Masks,
  bit: number,
  axis: number,
  bounds: readonly number[],
  size: unknown,
): AxisSlice {
  const [begin, end, step] = bounds as [number, number, number];
  if (has(masks.shrink, bit)) return { axis, start: begin, end: begin === -1 ? TO_END : begin + 1, step: 1 };
  const backwards = step < 0;
  const start = has(masks.begin, bit) ? (backwards ? TO_END : 0) : begin;
  const stop = has(masks.end, bit) ? (backwards ? -TO_END : TO_END) : end;
  // From the front where the size is known, so that the rest of the conversion sees plain places.
  const front = (at: number) =>
    at < 0 && typeof size === 'number' && at > -TO_END ? Math.max(0, at + size) : at;
  return { axis, start: front(start), end: front(stop), step };
}

/** What a StridedSlice does to a value of `shape`. @throws ConversionError for a step of zero, or too many entries */
export function stridedSlice(
  node: GraphNode,
  shape: Shape,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
): SlicePlan {
  const masks: Masks = {
    begin: node.int('begin_mask', 0),
    end: node.int('end_mask', 0),
    ellipsis: node.int('ellipsis_mask', 0),
    newAxis: node.int('new_axis_mask', 0),
    shrink: node.int('shrink_axis_mask', 0),
  };
  const entries = begin.map((_, bit) => bit);
  const consuming = entries.filter((bit) => !has(masks.newAxis, bit) && !has(masks.ellipsis, bit)).length;
  if (consuming > shape.length || begin.length > 16 || strides.some((step) => step === 0))
    throw new ConversionError(`${node.title} slices more axes than there are, or with a step of 0.`);
  const [slices, shrunk, added]: [AxisSlice[], number[], number[]] = [[], [], []];
  let [axis, kept] = [0, 0];
  for (const bit of entries) {
    if (has(masks.ellipsis, bit)) {
      axis += shape.length - consuming;
      kept += shape.length - consuming;
    } else if (has(masks.newAxis, bit)) {
      added.push(kept++);
    } else {
      const bounds = [begin[bit], end[bit] ?? 0, strides[bit] ?? 1] as number[];
      const slice = sliceOf(masks, bit, axis, bounds, shape[axis]);
      if (slice.start !== 0 || slice.end < TO_END || slice.step !== 1) slices.push(slice);
      if (has(masks.shrink, bit)) shrunk.push(axis);
      else kept++;
      axis++;
    }
  }
  return { slices, shrunk, added };
}
