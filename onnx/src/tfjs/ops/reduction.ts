/** Operations along axes: sums and means, extrema, softmax. Sources: tensorflow/core/ops/math_ops.cc, nn_ops.cc. */
import { int, ints } from '../../proto/attribute.js';
import { axisIn, type Value, type Values } from '../value.js';
import { castTo, unary } from './elementwise.js';
import type { Op, OpContext, Ops } from './op.js';

/** Axes in TensorFlow's order; all of them when none is named. */
function axesOf(context: OpContext): number[] {
  const rank = context.rank(0);
  const given = context.inputs.length > 1 ? context.numbers(1) : [];
  const axes = given.map((axis) => axisIn(axis, rank, false));
  return [...new Set(axes)].sort((a, b) => a - b);
}

/** With the channels first it can be reduced when what is left stands in the same order. */
function firstFits(axes: readonly number[], keep: boolean): boolean {
  if (keep) return true;
  const left = [0, 3, 1, 2].filter((axis) => !axes.includes(axis));
  return left.every((axis, at) => at === 0 || axis > (left[at - 1] as number));
}

/** Whether a value is best taken with its channels first. */
function prefersFirst(values: Values, x: Value): boolean {
  return values.onlyFirst(x);
}

function reduceNode(values: Values, op: string, x: Value, axes: readonly number[], keep: boolean): Value {
  const first = prefersFirst(values, x) && firstFits(axes, keep);
  const rank = values.shape(x).length;
  const places = axes.map((axis) => axisIn(axis, rank, first)).sort((a, b) => a - b);
  const name = values.in(x, first);
  if (op === 'ReduceMean' && first && keep && `${places}` === '2,3')
    return values.addFirst('GlobalAveragePool', [name]);
  const attributes = { keepdims: int(keep ? 1 : 0) };
  // Opset 17 takes the axes of a sum as an input, those of all others as an attribute.
  const named = op === 'ReduceSum';
  const inputs = named
    ? [
        name,
        values.builder.constant({
          type: 'int64',
          dims: [places.length],
          data: BigInt64Array.from(places, BigInt),
        }),
      ]
    : [name];
  const result = values.builder.node(op, inputs, named ? attributes : { ...attributes, axes: ints(places) });
  return values.named(values.checked(result), first && keep);
}

const reduce =
  (op: string): Op =>
  (context) => {
    const axes = axesOf(context);
    const keep = context.node.bool('keep_dims');
    const x = context.input(0);
    const all =
      axes.length === 0 && context.inputs.length < 2 ? context.shape(0).map((_, axis) => axis) : axes;
    return all.length === 0 ? x : reduceNode(context.values, op, x, all, keep);
  };

/** All and any, by the least or greatest of 0 and 1. */
const logical =
  (op: string): Op =>
  (context) => {
    const { values } = context;
    const numbers = castTo(values, context.input(0), 'float32');
    const axes = axesOf(context);
    if (axes.length === 0) return context.input(0);
    return castTo(values, reduceNode(values, op, numbers, axes, context.node.bool('keep_dims')), 'bool');
  };

const argument =
  (op: 'ArgMax' | 'ArgMin'): Op =>
  (context) => {
    const { values } = context;
    const x = context.input(0);
    const axis = axisIn(context.inputs.length > 1 ? context.number(1) : 0, context.rank(0), false);
    const first = prefersFirst(values, x) && firstFits([axis], false);
    const attributes = { axis: int(axisIn(axis, context.rank(0), first)), keepdims: int(0) };
    return values.addOwn(op, [values.in(x, first)], attributes);
  };

const softmax =
  (op: string): Op =>
  ({ values, inputs }) => {
    const x = inputs[0] as Value;
    const first = values.onlyFirst(x);
    return unary(values, op, first ? { channelsFirst: values.first(x) } : { own: values.own(x) }, {
      axis: int(first ? 1 : -1),
    });
  };

const topK: Op = (context) => {
  const { values } = context;
  const count = context.inputs.length > 1 ? context.number(1) : context.node.int('k', 1);
  const [best, indices] = values.builder.nodes(
    'TopK',
    [context.own(0), ...context.ints([count])],
    { axis: int(-1) },
    2,
  );
  return [{ own: best as string }, { own: indices as string }];
};

const cumulative =
  (op: 'CumSum'): Op =>
  (context) => {
    const { node, values } = context;
    const attributes = {
      exclusive: int(Number(node.bool('exclusive'))),
      reverse: int(Number(node.bool('reverse'))),
    };
    const axis = values.builder.constant({
      type: 'int64',
      dims: [],
      data: BigInt64Array.of(BigInt(context.number(1))),
    });
    return values.addOwn(op, [context.own(0), axis], attributes);
  };

const REDUCE = {
  Mean: 'ReduceMean',
  Sum: 'ReduceSum',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
  EuclideanNorm: 'ReduceL2',
};

export const REDUCTION: Ops = {
  ...Object.fromEntries(Object.entries(REDUCE).map(([op, onnx]) => [op, reduce(onnx)])),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  TopKV2: topK,
  TopK: topK,
  Cumsum: cumulative('CumSum'),
};
