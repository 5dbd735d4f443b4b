/** Operations that cut out, pad, gather and scatter. Source: tensorflow/core/ops/array_ops.cc. */
import { int, string } from '../../proto/attribute.js';
import { type AxisSlice, stridedSlice, TO_END } from '../strided-slice.js';
import { axisIn, inFirstOrder, type Value } from '../value.js';
import type { Op, OpContext, Ops } from './op.js';

function sliced(context: OpContext, x: Value, slices: readonly AxisSlice[]): Value {
  if (slices.length === 0) return x;
  const { values } = context;
  const first = values.onlyFirst(x);
  const rank = values.shape(x).length;
  const inputs = context.ints(
    slices.map(({ start }) => start),
    slices.map(({ end }) => end),
    slices.map(({ axis }) => axisIn(axis, rank, first)),
    slices.map(({ step }) => step),
  );
  const name = values.builder.node('Slice', [values.in(x, first), ...inputs]);
  return values.named(values.checked(name), first);
}

const strided: Op = (context) => {
  const { values, node } = context;
  const [begin, end, strides] = [1, 2, 3].map((index) => context.numbers(index));
  const plan = stridedSlice(node, context.shape(0), begin as number[], end as number[], strides as number[]);
  let result = sliced(context, context.input(0), plan.slices);
  if (plan.shrunk.length > 0)
    result = values.addOwn('Squeeze', [values.own(result), ...context.ints([...plan.shrunk])]);
  if (plan.added.length > 0)
    result = values.addOwn('Unsqueeze', [values.own(result), ...context.ints([...plan.added])]);
  return result;
};

const slice: Op = (context) => {
  const [begin, size] = [context.numbers(1), context.numbers(2)];
  const slices = begin.map((start, axis): AxisSlice => {
    const count = size[axis] ?? -1;
    return { axis, start, end: count === -1 ? TO_END : start + count, step: 1 };
  });
  const partial = slices.filter(({ start, end }) => start !== 0 || end !== TO_END);
  return sliced(context, context.input(0), partial);
};

const reverse: Op = (context) => {
  const rank = context.rank(0);
  const slices = context
    .numbers(1)
    .map((axis) => ({ axis: axisIn(axis, rank, false), start: -1, end: -TO_END, step: -1 }));
  return sliced(context, context.input(0), slices);
};

/** Paddings of all axes as ONNX has them: all starts, then all ends. */
function padNode(
  context: OpContext,
  x: Value,
  pairs: readonly (readonly [number, number])[],
  mode: string,
  value?: string,
): Value {
  const { values } = context;
  const first = values.onlyFirst(x) && pairs.length === 4;
  const ordered = first ? inFirstOrder(pairs) : pairs;
  const pads = [...ordered.map(([before]) => before), ...ordered.map(([, after]) => after)];
  const inputs = [values.in(x, first), ...context.ints(pads), ...(value === undefined ? [] : [value])];
  const name = values.builder.node('Pad', inputs, { mode: string(mode) });
  return values.named(values.checked(name), first);
}

function pairsOf(context: OpContext): [number, number][] {
  const flat = context.numbers(1);
  if (flat.length !== 2 * context.rank(0) || flat.some((size) => size < 0 || size > 65536))
    context.refuse(`its paddings are ${flat.slice(0, 8)}`);
  return Array.from({ length: flat.length / 2 }, (_, axis) => [
    flat[2 * axis] as number,
    flat[2 * axis + 1] as number,
  ]);
}

const pad: Op = (context) => {
  const x = context.input(0);
  const pairs = pairsOf(context);
  const value = context.inputs.length > 2 ? context.values.own(context.input(2)) : undefined;
  const zero = value === undefined || context.maybeNumbers(2)?.[0] === 0;
  const result = padNode(context, x, pairs, 'constant', value);
  const [batch, rows, columns, channels] = pairs;
  if (!zero || pairs.length !== 4 || !rows || !columns) return result;
  if (batch?.some((size) => size) || channels?.some((size) => size)) return result;
  return { ...result, padded: { source: x, pads: [rows[0], columns[0], rows[1], columns[1]] } };
};

const mirrorPad: Op = (context) => {
  if (context.node.text('mode', 'REFLECT').toUpperCase() !== 'REFLECT')
    context.refuse('its mode is not REFLECT');
  return padNode(context, context.input(0), pairsOf(context), 'reflect');
};

const gather: Op = (context) => {
  const { values, node } = context;
  const rank = context.rank(0);
  const axis = axisIn(context.inputs.length > 2 ? context.number(2) : 0, rank, false);
  const batch = node.int('batch_dims', 0);
  if (batch === 0) return values.addOwn('Gather', [context.own(0), context.own(1)], { axis: int(axis) });
  if (batch !== axis || batch < 0)
    return context.refuse(`it gathers along axis ${axis} with ${batch} batch axes`);
  const indices = values.builder.node('Unsqueeze', [context.own(1), ...context.ints([-1])]);
  return values.addOwn('GatherND', [context.own(0), indices], { batch_dims: int(batch) });
};

const gatherNd: Op = (context) => context.values.addOwn('GatherND', [context.own(0), context.own(1)]);

/** Inputs: indices, shape, values, default. */
const sparseToDense: Op = (context) => {
  const { values } = context;
  const [rank, count] = [context.rank(0), context.shape(1)[0]];
  const base = values.builder.node('Expand', [context.own(3), context.own(1)]);
  let indices = context.own(0);
  if (rank === 0) indices = values.builder.node('Reshape', [indices, ...context.ints([1, 1])]);
  if (rank === 1)
    indices = values.builder.node('Reshape', [
      indices,
      ...context.ints([-1, typeof count === 'number' ? count : 1]),
    ]);
  let updates = context.own(2);
  if (context.rank(2) === 0) {
    const rows = values.builder.node('Shape', [indices]);
    updates = values.builder.node('Expand', [
      updates,
      values.builder.node('Slice', [rows, ...context.ints([0], [1])]),
    ]);
  }
  return values.addOwn('ScatterND', [base, indices, updates]);
};

const scatterNd: Op = (context) => {
  const { values } = context;
  const like = context.input(1);
  const base = values.builder.node('Expand', [context.scalar(0, like), context.own(2)]);
  return values.addOwn('ScatterND', [base, context.own(0), context.own(1)], { reduction: string('add') });
};

/** Where a value is not zero: one row per place. */
const where: Op = (context) => {
  const { values } = context;
  const places = values.builder.node('NonZero', [context.own(0)]);
  return values.addOwn('Transpose', [places]);
};

export const SLICE: Ops = {
  StridedSlice: strided,
  Slice: slice,
  Reverse: reverse,
  ReverseV2: reverse,
  Pad: pad,
  PadV2: pad,
  MirrorPad: mirrorPad,
  Gather: gather,
  GatherV2: gather,
  GatherNd: gatherNd,
  SparseToDense: sparseToDense,
  ScatterNd: scatterNd,
  Where: where,
};
