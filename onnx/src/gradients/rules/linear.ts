/** Gradients of matrix products. */
import { ConversionError, quote } from '../../errors.js';
import { floatOf, int, intOf } from '../../proto/attribute.js';
import type { Ops } from '../ops.js';
import { upTo } from '../ops.js';
import { type GradientRule, whereNeeded } from '../rule.js';

const product = (ops: Ops, a: string, b: string, transA: boolean, transB: boolean) =>
  ops.node('Gemm', [a, b], { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) });

/** Y = α A′ B′ + β C, where A′ and B′ may be transposed. */
const gemm: GradientRule = (context) => {
  const { ops, node } = context;
  const [a, b] = [context.input(0), context.input(1)];
  const gradient = context.gradient() as string;
  const transA = intOf(node.attributes, 'transA', 0) === 1;
  const transB = intOf(node.attributes, 'transB', 0) === 1;
  const alpha = floatOf(node.attributes, 'alpha', 1);
  const byA = () =>
    transA ? product(ops, b, gradient, transB, true) : product(ops, gradient, b, false, !transB);
  const byB = () =>
    transB ? product(ops, gradient, a, true, transA) : product(ops, a, gradient, !transA, false);
  return [
    whereNeeded(context, 0, () => ops.scale(byA(), alpha)),
    whereNeeded(context, 1, () => ops.scale(byB(), alpha)),
    whereNeeded(context, 2, () =>
      ops.scale(ops.sumTo(gradient, context.input(2)), floatOf(node.attributes, 'beta', 1)),
    ),
  ];
};

function swapLast(ops: Ops, value: string): string {
  const axes = upTo(ops.rank(value));
  const [row, column] = [axes.length - 2, axes.length - 1];
  return ops.transpose(value, [...axes.slice(0, row), column, row]);
}

/** Batched product, with the batch's axes broadcast. A matrix shared by a whole batch gathers in one product. */
const matMul: GradientRule = (context) => {
  const { ops } = context;
  const [a, b] = [context.input(0), context.input(1)];
  const gradient = context.gradient() as string;
  if (ops.rank(a) < 2 || ops.rank(b) < 2)
    throw new ConversionError(
      `The node ${quote(context.node.name)} (MatMul) multiplies a vector, through which no gradient is known.`,
    );
  const byB = () => {
    if (ops.rank(b) > 2) return ops.sumTo(ops.node('MatMul', [swapLast(ops, a), gradient]), b);
    const [inner, outer] = ops.sizes(b, [0, 1]) as [number, number];
    return product(ops, ops.reshape(a, [-1, inner]), ops.reshape(gradient, [-1, outer]), true, false);
  };
  return [
    whereNeeded(context, 0, () => ops.sumTo(ops.node('MatMul', [gradient, swapLast(ops, b)]), a)),
    whereNeeded(context, 1, byB),
  ];
};

export const LINEAR: Readonly<Record<string, GradientRule>> = { Gemm: gemm, MatMul: matMul };
