import type { Dimension, Shape } from '../graph/graph.js';
import { intOf } from '../proto/attribute.js';
import { type ElementType, elementTypeOf } from '../proto/element-type.js';
import { info, like, type Rule } from './rule.js';

function broadcastSize(a: Dimension, b: Dimension): Dimension {
  if (a === 1) return b;
  if (b === 1 || a === b) return a;
  // A free size beside a number other than one must be that number.
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : null;
}

/** Shape of the result of numpy's broadcasting; undefined when an operand's rank is not known. */
export function broadcast(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  let result: Shape = [];
  for (const shape of shapes) {
    if (!shape) return undefined;
    const rank = Math.max(result.length, shape.length);
    const left: Shape = [...Array<Dimension>(rank - result.length).fill(1), ...result];
    const right: Shape = [...Array<Dimension>(rank - shape.length).fill(1), ...shape];
    result = left.map((size, axis) => broadcastSize(size, right[axis] as Dimension));
  }
  return result;
}

const sameAsFirst: Rule = (context) => like(context, context.shape(0));
const broadcasting: Rule = (context) =>
  like(context, broadcast(context.node.inputs.map((_, index) => context.shape(index))));
const comparing: Rule = (context) => [info('bool', broadcast([context.shape(0), context.shape(1)]))];
const testing: Rule = (context) => [info('bool', context.shape(0))];
const where: Rule = (context) =>
  like(context, broadcast([context.shape(0), context.shape(1), context.shape(2)]), 1);

const cast: Rule = (context) => {
  const type: ElementType = elementTypeOf(intOf(context.node.attributes, 'to', 1)) ?? 'float32';
  return [info(type, context.shape(0))];
};

const dropout: Rule = (context) => [...like(context, context.shape(0)), info('bool', context.shape(0))];

/** A normalisation keeps its first input's shape; what else it gives out has one number per channel. */
const batchNormalization: Rule = (context) => [
  ...like(context, context.shape(0)),
  ...Array(4).fill(info('float32', context.shape(1))),
];

const UNARY =
  'Identity Relu LeakyRelu Elu Selu Celu ThresholdedRelu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Mish Gelu Erf ' +
  'Exp Log Sqrt Reciprocal Neg Abs Sign Floor Ceil Round Clip Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Not ' +
  'Softmax LogSoftmax Hardmax PRelu LayerNormalization InstanceNormalization GroupNormalization LpNormalization LRN ' +
  'MeanVarianceNormalization CumSum ScatterElements ScatterND Shrink Swish';
const BINARY = 'Add Sub Mul Div Pow Mod Min Max Sum Mean And Or Xor BitShift';

export const ELEMENTWISE: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(UNARY.split(' ').map((op) => [op, sameAsFirst])),
  ...Object.fromEntries(BINARY.split(' ').map((op) => [op, broadcasting])),
  ...Object.fromEntries(
    ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map((op) => [op, comparing]),
  ),
  IsNaN: testing,
  IsInf: testing,
  Where: where,
  Cast: cast,
  CastLike: (context) => [info(context.input(1)?.type ?? 'float32', context.shape(0))],
  Dropout: dropout,
  BatchNormalization: batchNormalization,
  QuantizeLinear: (context) => [info(context.input(2)?.type ?? 'uint8', context.shape(0))],
  DequantizeLinear: (context) => [info('float32', context.shape(0))],
  DynamicQuantizeLinear: (context) => [
    info('uint8', context.shape(0)),
    info('float32', []),
    info('uint8', []),
  ],
};
