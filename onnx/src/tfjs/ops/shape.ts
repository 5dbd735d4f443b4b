/** Operations that reshape, join, split and repeat. Source: tensorflow/core/ops/array_ops.cc. */
import type { Dimension, Shape } from '../../graph/graph.js';
import { int, ints } from '../../proto/attribute.js';
import { permute } from '../../proto/permute.js';
import { int64 } from '../../proto/tensor.js';
import { axisIn, type Value, type Values } from '../value.js';
import type { Op, Ops } from './op.js';

/**
 * What a Reshape of a value of `source` to `target` is told: free sizes as 0 (the same as before) or -1 (what is left);
 * undefined when two sizes would have to be left.
 */
function reshapeTarget(source: Shape, target: readonly Dimension[]): number[] | undefined {
  const plan = target.map((size, axis) => {
    if (typeof size === 'number') return size;
    return size !== null && size === source[axis] ? 0 : -1;
  });
  if (plan.includes(0) && target.includes(0)) return undefined;
  return plan.filter((size) => size === -1).length <= 1 ? plan : undefined;
}

const reshape: Op = (context) => {
  const { values } = context;
  const target = context.known[1]?.values;
  const plan = target && reshapeTarget(context.shape(0), target);
  const shape = plan ? values.builder.constant(int64(plan)) : context.own(1);
  return values.addOwn('Reshape', [context.own(0), shape]);
};

const expandDims: Op = (context) => {
  const rank = context.rank(0);
  const axis = context.number(1);
  const place = axis < 0 ? axis + rank + 1 : axis;
  if (place < 0 || place > rank) context.refuse(`it names axis ${axis} of ${rank}`);
  return context.values.addOwn('Unsqueeze', [context.own(0), ...context.ints([place])]);
};

const squeeze: Op = (context) => {
  const { values, node } = context;
  const shape = context.shape(0);
  const given = node.ints('squeeze_dims').map((axis) => axisIn(axis, shape.length, false));
  const axes = given.length > 0 ? given : shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  if (axes.length === 0) return context.input(0);
  const x = context.input(0);
  // Without height and width, both orders are the same.
  const first = values.onlyFirst(x) && axes.includes(1) && axes.includes(2);
  const places = axes.map((axis) => axisIn(axis, shape.length, first)).sort((a, b) => a - b);
  return values.addOwn('Squeeze', [values.in(x, first), ...context.ints(places)]);
};

const shapeOf: Op = (context) => {
  const { values } = context;
  const x = context.input(0);
  if (!values.onlyFirst(x)) return values.addOwn('Shape', [values.own(x)]);
  const sizes = values.builder.node('Shape', [values.first(x)]);
  return values.addOwn('Gather', [sizes, ...context.ints([0, 2, 3, 1])]);
};

const transpose: Op = (context) => {
  const { values } = context;
  const x = context.input(0);
  const order = [...context.numbers(1)];
  const rank = context.rank(0);
  const sorted = [...order].sort((a, b) => a - b);
  if (order.length !== rank || sorted.some((axis, at) => axis !== at))
    context.refuse(`it orders axes as ${order.slice(0, 8)}`);
  if (order.every((axis, at) => axis === at)) return x;
  if (x.constant) return { constant: permute(x.constant, order) };
  // Both orders of a value are one tensor: naming the other one moves nothing.
  if (`${order}` === '0,2,3,1') return { channelsFirst: values.own(x) };
  if (`${order}` === '0,3,1,2') return { own: values.first(x) };
  return values.addOwn('Transpose', [values.own(x)], { perm: ints(order) });
};

const pack: Op = (context) => {
  const { values, node } = context;
  const axis = axisIn(node.int('axis', 0), context.rank(0) + 1, false);
  const parts = context.inputs.map((value) =>
    values.builder.node('Unsqueeze', [values.own(value), ...context.ints([axis])]),
  );
  return values.addOwn('Concat', parts, { axis: int(axis) });
};

const unpack: Op = (context) => {
  const { values, node } = context;
  const axis = axisIn(node.int('axis', 0), context.rank(0), false);
  const size = context.shape(0)[axis];
  if (typeof size !== 'number' || size > 4096 || size < 1)
    return context.refuse('the number of its outputs is not known');
  const parts = splitOf(values, context.input(0), axis, Array(size).fill(1));
  return parts.map((part) => ({
    own: values.builder.node('Squeeze', [values.own(part), ...context.ints([axis])]),
  }));
};

/** Joins along an axis, with the channels first where a part is there only so. */
function joined(values: Values, parts: readonly Value[], axis: number): Value {
  if (parts.length === 1) return parts[0] as Value;
  const rank = values.shape(parts[0] as Value).length;
  const first = rank === 4 && parts.some((part) => values.onlyFirst(part));
  const names = parts.map((part) => values.in(part, first));
  const name = values.builder.node('Concat', names, { axis: int(axisIn(axis, rank, first)) });
  return values.named(values.checked(name), first);
}

const concat: Op = (context) => {
  const last = context.inputs.length - 1;
  return joined(context.values, context.inputs.slice(0, last), context.number(last));
};

const concatAxisFirst: Op = (context) => joined(context.values, context.inputs.slice(1), context.number(0));

/** Cuts a value along an axis into parts of the given sizes. */
export function splitOf(values: Values, x: Value, axis: number, sizes: readonly number[]): Value[] {
  if (sizes.length === 1) return [x];
  const rank = values.shape(x).length;
  const first = values.onlyFirst(x);
  const lengths = values.builder.constant(int64(sizes));
  const attributes = { axis: int(axisIn(axis, rank, first)) };
  const names = values.builder.nodes('Split', [values.in(x, first), lengths], attributes, sizes.length);
  return names.map((name) => values.named(values.checked(name), first));
}

/** Inputs: axis, value. */
const split: Op = (context) => {
  const count = context.node.int('num_split', context.node.int('num_or_size_splits', 1));
  const axis = axisIn(context.number(0), context.rank(1), false);
  const size = context.shape(1)[axis];
  if (typeof size !== 'number' || count < 1 || size % count || count > 4096)
    return context.refuse(`${size} elements cannot be split into ${count}`);
  return splitOf(context.values, context.input(1), axis, Array(count).fill(size / count));
};

/** Inputs: value, sizes, axis. */
const splitV: Op = (context) => {
  const axis = axisIn(context.number(2), context.rank(0), false);
  const given = context.numbers(1);
  const size = context.shape(0)[axis];
  const rest =
    (typeof size === 'number' ? size : 0) -
    given.filter((part) => part >= 0).reduce((sum, part) => sum + part, 0);
  const sizes = given.map((part) => (part === -1 ? rest : part));
  if (sizes.some((part) => part < 0)) context.refuse('its parts are longer than the whole');
  return splitOf(context.values, context.input(0), axis, sizes);
};

const tile: Op = (context) => context.values.addOwn('Tile', [context.own(0), context.own(1)]);

const fill: Op = (context) => {
  const { values } = context;
  return values.addOwn('Expand', [context.own(1), context.own(0)]);
};

/** Longer ones would be calculated when the file is loaded, whatever memory that takes. */
const MOST_COUNTED = 2 ** 24;

const range: Op = (context) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => context.maybeNumbers(index)?.[0]);
  if (
    start !== undefined &&
    limit !== undefined &&
    delta !== undefined &&
    (limit - start) / delta > MOST_COUNTED
  )
    context.refuse('it counts too far');
  return context.values.addOwn(
    'Range',
    [0, 1, 2].map((index) => context.own(index)),
  );
};

const oneHot: Op = (context) => {
  const { values, node } = context;
  if (context.number(1) > MOST_COUNTED) context.refuse('it has too many classes');
  const [on, off] = [context.own(2), context.own(3)].map((name) =>
    values.builder.node('Reshape', [name, ...context.ints([1])]),
  );
  const pair = values.builder.node('Concat', [off as string, on as string], { axis: int(0) });
  const inputs = [context.own(0), ...context.ints([context.number(1)]), pair];
  return values.addOwn('OneHot', inputs, { axis: int(node.int('axis', -1)) });
};

const same: Op = ({ inputs }) => inputs[0] as Value;

export const SHAPE: Ops = {
  Identity: same,
  StopGradient: same,
  PreventGradient: same,
  Snapshot: same,
  CheckNumerics: same,
  PlaceholderWithDefault: same,
  IdentityN: ({ inputs }) => inputs,
  Reshape: reshape,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  Shape: shapeOf,
  Size: (context) => context.values.addOwn('Size', [context.own(0)]),
  Transpose: transpose,
  Pack: pack,
  Unpack: unpack,
  ConcatV2: concat,
  Concat: concatAxisFirst,
  Split: split,
  SplitV: splitV,
  Tile: tile,
  Fill: fill,
  BroadcastTo: (context) => context.values.addOwn('Expand', [context.own(0), context.own(1)]),
  Range: range,
  OneHot: oneHot,
};
