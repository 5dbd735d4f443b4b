/** Operations that work element by element. Sources: tensorflow/core/ops/math_ops.cc, nn_ops.cc. */
import { float, int } from '../../proto/attribute.js';
import { numberOfElementType } from '../../proto/element-type.js';
import { permute, reshape } from '../../proto/permute.js';
import { sizeOf } from '../../proto/tensor.js';
import type { Value, Values } from '../value.js';
import type { Op, OpContext, Ops } from './op.js';

const TO_FIRST = [0, 3, 1, 2];

/** An operand of an operation that broadcasts, with its channels first; undefined when that cannot be. */
function firstOperand(values: Values, value: Value): string | undefined {
  if (value.constant) {
    const { dims } = value.constant;
    if (dims.length > 4) return undefined;
    if (dims.length === 4) return values.first(value);
    if (sizeOf(dims) === 1) return values.builder.constant(reshape(value.constant, []));
    const four = reshape(value.constant, [...Array<number>(4 - dims.length).fill(1), ...dims]);
    return values.builder.constant(permute(four, TO_FIRST));
  }
  const rank = values.shape(value).length;
  if (rank === 0) return values.own(value);
  return rank === 4 ? values.first(value) : undefined;
}

/** Names of operands that are broadcast together, all in one order of axes. */
export function operands(values: Values, inputs: readonly Value[]): { names: string[]; first: boolean } {
  if (inputs.some((value) => values.onlyFirst(value))) {
    const names = inputs.map((value) => firstOperand(values, value));
    if (names.every((name) => name !== undefined)) return { names: names as string[], first: true };
  }
  return { names: inputs.map((value) => values.own(value)), first: false };
}

/** Adds a node whose operands are broadcast together. */
export function broadcasting(values: Values, op: string, inputs: readonly Value[]): Value {
  const { names, first } = operands(values, inputs);
  return values.named(values.checked(values.builder.node(op, names)), first);
}

const binary =
  (op: string): Op =>
  ({ values, inputs }) =>
    broadcasting(values, op, inputs.slice(0, 2));

/** Adds a node of one input and the same shape, in whichever order the input is there. */
export function unary(
  values: Values,
  op: string,
  x: Value,
  attributes = {},
  more: readonly string[] = [],
): Value {
  const first = x.channelsFirst !== undefined;
  return values.named(values.builder.node(op, [values.in(x, first), ...more], attributes), first);
}

const plain =
  (op: string): Op =>
  (context) =>
    unary(context.values, op, context.input(0));

/** Several nodes of one input, written as a function of a value. */
type Chain = (context: OpContext, x: Value) => Value;
const chain =
  (apply: Chain): Op =>
  (context) =>
    apply(context, context.input(0));

export function withScalar(context: OpContext, op: string, x: Value, number: number): Value {
  return unary(context.values, op, x, {}, [context.scalar(number, x)]);
}

const integers = ({ values, inputs }: OpContext) => inputs.some((value) => values.type(value) === 'int64');

/** Rounds towards minus infinity, where ONNX's Div of integers rounds towards zero. */
const floorDiv: Op = (context) => {
  const { values } = context;
  const [a, b] = [context.input(0), context.input(1)];
  if (!integers(context)) return unary(values, 'Floor', broadcasting(values, 'Div', [a, b]));
  const rest = broadcasting(values, 'Mod', [a, b]);
  return broadcasting(values, 'Div', [broadcasting(values, 'Sub', [a, rest]), b]);
};

const floorMod: Op = (context) => {
  const { values } = context;
  const [a, b] = [context.input(0), context.input(1)];
  if (integers(context)) return broadcasting(values, 'Mod', [a, b]);
  const floors = unary(values, 'Floor', broadcasting(values, 'Div', [a, b]));
  return broadcasting(values, 'Sub', [a, broadcasting(values, 'Mul', [floors, b])]);
};

const divide: Op = (context) => {
  const { values } = context;
  if (!integers(context)) return broadcasting(values, 'Div', [context.input(0), context.input(1)]);
  const floats = [0, 1].map((index) => castTo(values, context.input(index), 'float32'));
  return broadcasting(values, 'Div', floats);
};

export function castTo(values: Values, x: Value, type: 'float32' | 'int64' | 'bool'): Value {
  if (values.type(x) === type) return x;
  return unary(values, 'Cast', x, { to: int(numberOfElementType(type)) });
}

export function clip(context: OpContext, x: Value, low: number, high: number): Value {
  return unary(context.values, 'Clip', x, {}, [context.scalar(low, x), context.scalar(high, x)]);
}

const select: Op = (context) => {
  const { values } = context;
  const [condition, a, b] = [context.input(0), context.input(1), context.input(2)];
  const [rank, own] = [context.rank(1), context.rank(0)];
  if (context.node.op !== 'Select' || own === 0 || own === rank)
    return broadcasting(values, 'Where', [condition, a, b]);
  // The older Select takes a vector that chooses along the first axis.
  const axes = context.ints(Array.from({ length: rank - own }, (_, axis) => own + axis));
  const tall = { own: values.builder.node('Unsqueeze', [values.own(condition), ...axes]) };
  return broadcasting(values, 'Where', [tall, a, b]);
};

const prelu: Op = ({ values, inputs }) => preluOf(values, inputs[0] as Value, inputs[1] as Value);

export function preluOf(values: Values, x: Value, slope: Value): Value {
  const { names, first } = operands(values, [x, slope]);
  return values.named(values.builder.node('PRelu', names), first);
}

const addN: Op = ({ values, inputs }) =>
  inputs.length === 1 ? (inputs[0] as Value) : broadcasting(values, 'Sum', inputs);

const selu: Op = chain(({ values }, x) =>
  unary(values, 'Selu', x, { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) }),
);

const SAME_NAME =
  'Abs Ceil Cos Sin Tan Acos Asin Atan Cosh Sinh Acosh Asinh Atanh Erf Exp Floor Log Neg Reciprocal Relu Sigmoid ' +
  'Sign Softplus Softsign Sqrt Tanh';

export const ELEMENTWISE: Ops = {
  ...Object.fromEntries(SAME_NAME.split(' ').map((op) => [op, plain(op)])),
  Inv: plain('Reciprocal'),
  IsNan: plain('IsNaN'),
  IsInf: plain('IsInf'),
  LogicalNot: plain('Not'),
  Elu: plain('Elu'),
  Round: plain('Round'),
  Rint: plain('Round'),
  Add: binary('Add'),
  AddV2: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Equal: binary('Equal'),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessOrEqual'),
  LogicalAnd: binary('And'),
  LogicalOr: binary('Or'),
  LogicalXor: binary('Xor'),
  NotEqual: ({ values, inputs }) => unary(values, 'Not', broadcasting(values, 'Equal', inputs.slice(0, 2))),
  Div: divide,
  RealDiv: divide,
  DivNoNan: (context) => {
    const { values } = context;
    const [a, b] = [context.input(0), context.input(1)];
    const zero = { own: context.scalar(0) };
    const none = broadcasting(values, 'Equal', [b, zero]);
    return broadcasting(values, 'Where', [none, zero, broadcasting(values, 'Div', [a, b])]);
  },
  FloorDiv: floorDiv,
  FloorMod: floorMod,
  SquaredDifference: ({ values, inputs }) => {
    const difference = broadcasting(values, 'Sub', inputs.slice(0, 2));
    return broadcasting(values, 'Mul', [difference, difference]);
  },
  AddN: addN,
  BiasAdd: (context) => biasAdd(context, context.input(0), context.input(1)),
  Square: chain(({ values }, x) => broadcasting(values, 'Mul', [x, x])),
  Rsqrt: chain(({ values }, x) => unary(values, 'Reciprocal', unary(values, 'Sqrt', x))),
  Log1p: chain((context, x) => unary(context.values, 'Log', withScalar(context, 'Add', x, 1))),
  Expm1: chain((context, x) => withScalar(context, 'Sub', unary(context.values, 'Exp', x), 1)),
  Relu6: chain((context, x) => clip(context, x, 0, 6)),
  LeakyRelu: (context) =>
    unary(context.values, 'LeakyRelu', context.input(0), { alpha: float(context.node.float('alpha', 0.2)) }),
  Selu: selu,
  Prelu: prelu,
  ClipByValue: (context) => {
    const low = broadcasting(context.values, 'Max', [context.input(0), context.input(1)]);
    return broadcasting(context.values, 'Min', [low, context.input(2)]);
  },
  Select: select,
  SelectV2: select,
  Cast: (context) => castTo(context.values, context.input(0), context.node.type('DstT', 'float32')),
  ZerosLike: chain((context, x) => fillLike(context, x, 0)),
  OnesLike: chain((context, x) => fillLike(context, x, 1)),
};

function fillLike(context: OpContext, x: Value, number: number): Value {
  const none = broadcasting(context.values, 'Sub', [x, x]);
  return number === 0 ? none : withScalar(context, 'Add', none, number);
}

/** A bias per channel: the last axis, or the second in data_format NCHW. */
export function biasAdd(context: OpContext, x: Value, bias: Value): Value {
  const { values, node } = context;
  const rank = values.shape(x).length;
  if (node.text('data_format', 'NHWC') !== 'NCHW' || rank !== 4)
    return broadcasting(values, 'Add', [x, bias]);
  const tall = context.ints([-1, 1, 1]);
  return broadcasting(values, 'Add', [
    x,
    { own: values.builder.node('Reshape', [values.own(bias), ...tall]) },
  ]);
}
