import type { NumericTensor } from '../../proto/tensor.js';
import type { LayerValue } from '../layer-graph.js';
import { activateBy, clip, gelu, leakyRelu, softmax } from '../layers/activation.js';
import { alignedConstant, inOneLayout, numbersOf } from '../layers/broadcast.js';
import type { LayerContext } from '../layers/layer-kind.js';
import { isRef } from '../spec.js';
import type { OperationArguments } from './arguments.js';

/** Adds the nodes of an operation. */
export type Operation = (args: OperationArguments) => LayerValue;

type Operand = LayerValue | NumericTensor;

function operand(args: OperationArguments, place: number, ...names: readonly string[]): Operand {
  const value = args.tensorOrNot(place, ...names);
  if (value) return value;
  const found = args.at(place, ...names);
  const constant = isRef(found) ? undefined : numbersOf(found);
  return (
    constant ?? args.context.settings.refuse('is called with something that is neither tensor nor number')
  );
}

const isConstant = (one: Operand): one is NumericTensor => 'dims' in one;

/** Brings two operands to one layout, constants as tensors of the graph. */
function operands(context: LayerContext, a: Operand, b: Operand) {
  if (!isConstant(a) && !isConstant(b)) return inOneLayout(context.graph, [a, b]);
  const value = (isConstant(a) ? b : a) as LayerValue;
  const rank = context.graph.rankOf(value);
  const larger = [a, b].some((one) => isConstant(one) && one.dims.length > rank);
  const name = larger ? context.graph.plain(value) : value.name;
  const channelsFirst = value.channelsFirst && !larger;
  const names = [a, b].map((one) =>
    isConstant(one) ? context.graph.constant(alignedConstant(one, rank, channelsFirst), 'constant') : name,
  );
  return { names, channelsFirst };
}

const binary =
  (op: string): Operation =>
  (args) => {
    const a = operand(args, 0, 'x', 'x1', 'a', 'input', 'value');
    const b = operand(args, 1, 'y', 'x2', 'b', 'other', 'bias');
    if (isConstant(a) && isConstant(b)) return args.context.settings.refuse('computes with constants alone');
    const { names, channelsFirst } = operands(args.context, a, b);
    return { name: args.context.node(op, names), channelsFirst };
  };

const floorDivide: Operation = (args) => {
  const { name, channelsFirst } = binary('Div')(args);
  return { name: args.context.node('Floor', [name]), channelsFirst };
};

export const firstTensor = (args: OperationArguments): LayerValue =>
  args.tensor(
    0,
    'x',
    'features',
    'input',
    'tensor',
    'logits',
    'inputs',
    'images',
    'value',
    'a',
    'input_tensor',
    'params',
  );

/** A function of every number alone. */
const pointwise =
  (apply: (context: LayerContext, x: string, args: OperationArguments) => string): Operation =>
  (args) => {
    const value = firstTensor(args);
    return { name: apply(args.context, value.name, args), channelsFirst: value.channelsFirst };
  };

const unary = (op: string) => pointwise((context, x) => context.node(op, [x]));

const activation =
  (name: string): Operation =>
  (args) =>
    activateBy(args.context, firstTensor(args), name);

const softmaxOf =
  (log: boolean): Operation =>
  (args) =>
    softmax(args.context, firstTensor(args), args.number(-1, 1, 'axis', 'dim'), log);

/** Its bounds are numbers. */
const clipped = pointwise((context, x, args) =>
  clip(
    context,
    x,
    args.number(Number.NaN, 1, 'x_min', 'clip_value_min', 'min_value'),
    args.number(Number.NaN, 2, 'x_max', 'clip_value_max', 'max_value'),
  ),
);

const reciprocalRoot = pointwise((context, x) => context.node('Reciprocal', [context.node('Sqrt', [x])]));
const square = pointwise((context, x) => context.node('Mul', [x, x]));

export const ARITHMETIC: Readonly<Record<string, Operation>> = {
  add: binary('Add'),
  addv2: binary('Add'),
  bias_add: binary('Add'),
  biasadd: binary('Add'),
  sub: binary('Sub'),
  subtract: binary('Sub'),
  mul: binary('Mul'),
  multiply: binary('Mul'),
  truediv: binary('Div'),
  true_divide: binary('Div'),
  divide: binary('Div'),
  div: binary('Div'),
  realdiv: binary('Div'),
  floordiv: floorDivide,
  floor_divide: floorDivide,
  pow: binary('Pow'),
  power: binary('Pow'),
  maximum: binary('Max'),
  minimum: binary('Min'),
  matmul: (args) => {
    const names = [args.tensor(0, 'a', 'x1'), args.tensor(1, 'b', 'x2')].map((value) =>
      args.context.graph.plain(value),
    );
    return { name: args.context.node('MatMul', names), channelsFirst: false };
  },
  neg: unary('Neg'),
  negative: unary('Neg'),
  abs: unary('Abs'),
  absolute: unary('Abs'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  rsqrt: reciprocalRoot,
  reciprocal: unary('Reciprocal'),
  square,
  floor: unary('Floor'),
  ceil: unary('Ceil'),
  round: unary('Round'),
  sign: unary('Sign'),
  erf: unary('Erf'),
  sin: unary('Sin'),
  cos: unary('Cos'),
  relu: activation('relu'),
  relu6: activation('relu6'),
  sigmoid: activation('sigmoid'),
  tanh: activation('tanh'),
  silu: activation('silu'),
  swish: activation('silu'),
  elu: activation('elu'),
  selu: activation('selu'),
  softplus: activation('softplus'),
  softsign: activation('softsign'),
  hard_sigmoid: activation('hard_sigmoid'),
  hard_silu: activation('hard_silu'),
  hard_swish: activation('hard_silu'),
  log_sigmoid: activation('log_sigmoid'),
  mish: activation('mish'),
  softmax: softmaxOf(false),
  log_softmax: softmaxOf(true),
  gelu: pointwise((context, x, args) => {
    const otherwise = context.layer.className === 'Gelu';
    return gelu(context, x, args.flag(otherwise, 1, 'approximate'));
  }),
  leaky_relu: pointwise((context, x, args) =>
    leakyRelu(context, x, args.number(0.2, 1, 'alpha', 'negative_slope')),
  ),
  clip: clipped,
  clip_by_value: clipped,
  cast: pointwise((context, x, args) => {
    const type = args.text('float32', 1, 'dtype', 'DstT');
    return /float|half/.test(type) ? x : context.settings.refuse(`casts to ${JSON.stringify(type)}`);
  }),
  identity: pointwise((_, x) => x),
  stop_gradient: pointwise((_, x) => x),
  convert_to_tensor: pointwise((_, x) => x),
};
