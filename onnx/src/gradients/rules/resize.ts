/** Gradient of Resize. On each axis it is a product with a constant matrix, and its gradient one with the transposed. */
import { ConversionError, quote } from '../../errors.js';
import { intOf, stringOf } from '../../proto/attribute.js';
import { upTo } from '../ops.js';
import { type GradientContext, unary } from '../rule.js';

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** Where an output element lies among the input's. Source: onnx/docs/Operators.md, Resize. */
const PLACES: Readonly<Record<string, (index: number, axis: Axis) => number>> = {
  half_pixel: (index, { scale }) => (index + 0.5) / scale - 0.5,
  pytorch_half_pixel: (index, { scale, to }) => (to > 1 ? (index + 0.5) / scale - 0.5 : 0),
  asymmetric: (index, { scale }) => index / scale,
  align_corners: (index, { from, to }) => (to > 1 ? (index * (from - 1)) / (to - 1) : 0),
};

const ROUNDINGS: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Weights of the input's elements in each of the output's, [to, from]. */
function matrixOf(axis: Axis, place: (index: number, axis: Axis) => number, round?: (at: number) => number) {
  const weights = new Float32Array(axis.to * axis.from);
  const clamp = (at: number) => Math.min(Math.max(at, 0), axis.from - 1);
  const put = (row: number, column: number, weight: number) => {
    const at = row * axis.from + clamp(column);
    weights[at] = (weights[at] as number) + weight;
  };
  for (const row of upTo(axis.to)) {
    const at = place(row, axis);
    if (round) put(row, round(at), 1);
    else {
      const inside = clamp(at);
      const low = Math.floor(inside);
      put(row, low, 1 - (inside - low));
      put(row, low + 1, inside - low);
    }
  }
  return weights;
}

function matrixMaker(context: GradientContext): (axis: Axis) => Float32Array {
  const { attributes, name } = context.node;
  const mode = stringOf(attributes, 'mode', 'nearest');
  const place = PLACES[stringOf(attributes, 'coordinate_transformation_mode', 'half_pixel')];
  const round = ROUNDINGS[stringOf(attributes, 'nearest_mode', 'round_prefer_floor')];
  const known = mode === 'nearest' || mode === 'linear';
  if (!known || !place || intOf(attributes, 'antialias', 0) === 1)
    throw new ConversionError(
      `The node ${quote(name)} (Resize) has no gradient: only nearest and linear without antialiasing have one.`,
    );
  return (axis) => matrixOf(axis, place, mode === 'nearest' ? round : undefined);
}

const resize = unary((context, gradient) => {
  const { ops } = context;
  const rank = context.shape(0).length;
  const make = matrixMaker(context);
  const scales = context.numbers(2);
  const axes = upTo(rank).slice(2);
  const from = ops.sizes(context.input(0), axes);
  const to = ops.sizes(context.output(), axes);
  return axes.reduce((value, axis, index) => {
    const sizes = { from: from[index] as number, to: to[index] as number };
    const given = scales?.length === rank ? scales[axis] : undefined;
    if (sizes.from === sizes.to && (given ?? 1) === 1) return value;
    const matrix = make({ ...sizes, scale: given ?? sizes.to / sizes.from });
    const last = axis === rank - 1;
    const order = upTo(rank).map((at) => (at === axis ? rank - 1 : at === rank - 1 ? axis : at));
    const moved = last ? value : ops.transpose(value, order);
    const product = ops.node('MatMul', [moved, ops.floats(matrix, [sizes.to, sizes.from])]);
    return last ? product : ops.transpose(product, order);
  }, gradient);
});

export const RESIZE = { Resize: resize };
