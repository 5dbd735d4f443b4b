/** Gradients of reductions, of global pools and of what normalises by one: softmax. */
import type { Shape } from '../../graph/graph.js';
import { intOf, intsOf } from '../../proto/attribute.js';
import { fromFront } from '../../shapes/rule.js';
import { type Ops, upTo } from '../ops.js';
import { type GradientContext, type GradientRule, unary } from '../rule.js';

function axesOf(context: GradientContext): number[] {
  const rank = context.shape(0).length;
  const given = intsOf(context.node.attributes, 'axes') ?? context.numbers(1) ?? [];
  if (given.length > 0) return given.map((axis) => fromFront(axis, rank));
  return intOf(context.node.attributes, 'noop_with_empty_axes', 0) === 1 ? [] : upTo(rank);
}

/** A reduced value with its reduced axes as axes of size 1. */
function kept(context: GradientContext, value: string, axes: readonly number[]): string {
  const shape: Shape = context.shape(0).map((size, axis) => (axes.includes(axis) ? 1 : size));
  return context.ops.reshapeTo(value, shape, value);
}

/** Repeats a value along the axes of size 1 in which it differs from `like`. */
function spread(ops: Ops, value: string, like: string): string {
  const shape = ops.shape(like);
  const known = shape.slice(1).every((size) => typeof size === 'number');
  // Adding to zeros is several times as fast as Expand; it cannot repeat along a free axis.
  if (!known || ops.shape(value)[0] !== shape[0])
    return ops.node('Expand', [value, ops.node('Shape', [like])]);
  const dims = shape.slice(1) as number[];
  return ops.add(value, ops.floats(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims));
}

const count = (context: GradientContext, axes: readonly number[]) =>
  context.ops.sizes(context.input(0), axes).reduce((product, size) => product * size, 1);

const sum = unary((context, gradient) =>
  spread(context.ops, kept(context, gradient, axesOf(context)), context.input(0)),
);

const mean = unary((context, gradient) => {
  const axes = axesOf(context);
  const share = context.ops.scale(kept(context, gradient, axes), 1 / count(context, axes));
  return spread(context.ops, share, context.input(0));
});

const sumSquare = unary((context, gradient) => {
  const { ops } = context;
  return ops.mul(ops.scale(context.input(0), 2), kept(context, gradient, axesOf(context)));
});

const l2 = unary((context, gradient) => {
  const { ops } = context;
  const axes = axesOf(context);
  return ops.mul(context.input(0), kept(context, ops.div(gradient, context.output()), axes));
});

/** The elements that have the extreme value share the gradient. */
function shared(context: GradientContext, gradient: string, axes: readonly number[]): string {
  const { ops } = context;
  const equal = ops.node('Equal', [context.input(0), kept(context, context.output(), axes)]);
  const mask = ops.toFloat(equal);
  return ops.mul(mask, ops.div(kept(context, gradient, axes), ops.sum(mask, axes)));
}

const extreme = unary((context, gradient) => shared(context, gradient, axesOf(context)));

const spatial = (context: GradientContext) => upTo(context.shape(0).length).slice(2);

const globalAverage = unary((context, gradient) => {
  const share = context.ops.scale(gradient, 1 / count(context, spatial(context)));
  return spread(context.ops, share, context.input(0));
});

const globalMax = unary((context, gradient) => shared(context, gradient, spatial(context)));

const softmaxAxis = (context: GradientContext) =>
  fromFront(intOf(context.node.attributes, 'axis', -1), context.shape(0).length);

/** y (g − Σ g y) */
const softmax = unary((context, gradient) => {
  const { ops } = context;
  const y = context.output();
  const total = ops.sum(ops.mul(gradient, y), [softmaxAxis(context)]);
  return ops.mul(y, ops.sub(gradient, total));
});

/** g − eʸ Σ g */
const logSoftmax = unary((context, gradient) => {
  const { ops } = context;
  const total = ops.sum(gradient, [softmaxAxis(context)]);
  return ops.sub(gradient, ops.mul(ops.node('Exp', [context.output()]), total));
});

export const REDUCE: Readonly<Record<string, GradientRule>> = {
  ReduceSum: sum,
  ReduceMean: mean,
  ReduceSumSquare: sumSquare,
  ReduceL2: l2,
  ReduceMax: extreme,
  ReduceMin: extreme,
  GlobalAveragePool: globalAverage,
  GlobalMaxPool: globalMax,
  Softmax: softmax,
  LogSoftmax: logSoftmax,
};
