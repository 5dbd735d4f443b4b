/** Activation functions, by name as `activation=` gives them. Source of the formulas: keras/src/activations. */
import { quote } from '../../errors.js';
import { float, int } from '../../proto/attribute.js';
import { scalar } from '../../proto/tensor.js';
import type { LastActivation } from '../../readers/report.js';
import { isObject } from '../config.js';
import type { LayerValue } from '../layer-graph.js';
import type { LayerContext } from './layer-kind.js';

/** Gives out the name of the activated value. */
type Formula = (context: LayerContext, x: string) => string;

function number(context: LayerContext, value: number): string {
  return context.graph.constant(scalar(value), 'number');
}

const unary =
  (op: string): Formula =>
  (context, x) =>
    context.node(op, [x]);

/** Cuts values off below and above; undefined leaves a side open. */
export function clip(context: LayerContext, x: string, low?: number, high?: number): string {
  const least = low === undefined ? '' : number(context, low);
  return context.node('Clip', high === undefined ? [x, least] : [x, least, number(context, high)]);
}

const product = (context: LayerContext, a: string, b: string) => context.node('Mul', [a, b]);

/** x/6 + 0.5 in Keras 3, x/5 + 0.5 before, cut off at 0 and 1. */
export function hardSigmoid(context: LayerContext, x: string, alpha: number): string {
  return context.node('HardSigmoid', [x], { alpha: float(alpha), beta: float(0.5) });
}

export function leakyRelu(context: LayerContext, x: string, alpha: number): string {
  return context.node('LeakyRelu', [x], { alpha: float(alpha) });
}

/** x · Φ(x), with Φ the normal distribution or its approximation by tanh. */
export function gelu(context: LayerContext, x: string, approximate: boolean): string {
  const half = product(context, x, number(context, 0.5));
  if (!approximate) {
    const scaled = context.node('Div', [x, number(context, Math.SQRT2)]);
    const erf = context.node('Erf', [scaled]);
    return product(context, half, context.node('Add', [erf, number(context, 1)]));
  }
  const cube = product(context, product(context, x, x), x);
  const inner = context.node('Add', [x, product(context, cube, number(context, 0.044715))]);
  const tanh = context.node('Tanh', [product(context, inner, number(context, Math.sqrt(2 / Math.PI)))]);
  return product(context, half, context.node('Add', [tanh, number(context, 1)]));
}

const silu: Formula = (context, x) => product(context, x, context.node('Sigmoid', [x]));
const mish: Formula = (context, x) =>
  product(context, x, context.node('Tanh', [context.node('Softplus', [x])]));
const logSigmoid: Formula = (context, x) =>
  context.node('Neg', [context.node('Softplus', [context.node('Neg', [x])])]);
const tanhShrink: Formula = (context, x) => context.node('Sub', [x, context.node('Tanh', [x])]);
const squareplus: Formula = (context, x) => {
  const root = context.node('Sqrt', [context.node('Add', [product(context, x, x), number(context, 4)])]);
  return product(context, context.node('Add', [x, root]), number(context, 0.5));
};
const softShrink: Formula = (context, x) =>
  context.node('Shrink', [x], { lambd: float(0.5), bias: float(0.5) });
const hardShrink: Formula = (context, x) =>
  context.node('Shrink', [x], { lambd: float(0.5), bias: float(0) });
const sparseSigmoid: Formula = (context, x) => {
  const half = product(context, context.node('Add', [x, number(context, 1)]), number(context, 0.5));
  return clip(context, half, 0, 1);
};

const FORMULAS: Readonly<Record<string, Formula>> = {
  relu: unary('Relu'),
  relu6: (context, x) => clip(context, x, 0, 6),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  elu: unary('Elu'),
  selu: unary('Selu'),
  celu: unary('Celu'),
  softplus: unary('Softplus'),
  softsign: unary('Softsign'),
  exponential: unary('Exp'),
  silu,
  swish: silu,
  mish,
  gelu: (context, x) => gelu(context, x, false),
  leaky_relu: (context, x) => leakyRelu(context, x, 0.2),
  hard_sigmoid: (context, x) => hardSigmoid(context, x, context.kerasVersion >= 3 ? 1 / 6 : 0.2),
  hard_silu: unary('HardSwish'),
  hard_swish: unary('HardSwish'),
  hard_tanh: (context, x) => clip(context, x, -1, 1),
  log_sigmoid: logSigmoid,
  tanh_shrink: tanhShrink,
  soft_shrink: softShrink,
  hard_shrink: hardShrink,
  squareplus,
  sparse_sigmoid: sparseSigmoid,
};

/** Softmax over one axis of the Keras tensor. */
export function softmax(context: LayerContext, value: LayerValue, axis: number, log = false): LayerValue {
  const name = context.node(log ? 'LogSoftmax' : 'Softmax', [value.name], {
    axis: int(context.graph.axisOf(value, axis)),
  });
  return { name, channelsFirst: value.channelsFirst, activation: log ? 'none' : 'softmax' };
}

function reported(name: string): LastActivation {
  return name === 'sigmoid' ? 'sigmoid' : 'none';
}

/** Applies an activation by its name. @throws ConversionError for a name that is not Keras' own */
export function activateBy(context: LayerContext, value: LayerValue, name: string): LayerValue {
  if (name === 'linear') return value;
  // The second is what TensorFlow calls its own function.
  if (name === 'softmax' || name === 'softmax_v2') return softmax(context, value, -1);
  if (name === 'log_softmax') return softmax(context, value, -1, true);
  const formula = Object.hasOwn(FORMULAS, name) ? FORMULAS[name] : undefined;
  if (!formula)
    return context.settings.refuse(`has the activation ${quote(name)}, which cannot be converted`);
  return {
    name: formula(context, value.name),
    channelsFirst: value.channelsFirst,
    activation: reported(name),
  };
}

/** Name of a function, which newer files wrap: `{ class_name: "function", config: "relu6" }`. */
function functionName(activation: unknown): string | undefined {
  if (typeof activation === 'string') return activation.replace(/^.*>/, '');
  if (!isObject(activation)) return undefined;
  const { config } = activation;
  if (typeof config === 'string') return config.replace(/^.*>/, '');
  const own = activation.class_name;
  const plain = typeof own === 'string' && Object.hasOwn(FORMULAS, own);
  return plain ? own : undefined;
}

const LAYERS: Readonly<
  Record<string, (context: LayerContext, x: string, config: Record<string, unknown>) => string>
> = {
  LeakyReLU: (context, x, config) =>
    leakyRelu(context, x, numberIn(config, 'negative_slope', 'alpha') ?? 0.3),
  ELU: (context, x, config) => context.node('Elu', [x], { alpha: float(numberIn(config, 'alpha') ?? 1) }),
};

export function numberIn(
  config: Readonly<Record<string, unknown>>,
  ...keys: readonly string[]
): number | undefined {
  for (const key of keys) {
    const value = config[key];
    if (typeof value === 'number') return value;
  }
  return undefined;
}

/** Applies what a layer has as its `activation`: nothing, a name, a wrapped function or a layer. */
export function activate(context: LayerContext, value: LayerValue, activation: unknown): LayerValue {
  if (activation === undefined || activation === null) return value;
  const name = functionName(activation);
  if (name !== undefined) return activateBy(context, value, name);
  const wrapped = isObject(activation) ? activation : {};
  const layer = LAYERS[String(wrapped.class_name)];
  const config = isObject(wrapped.config) ? wrapped.config : {};
  if (layer) return { name: layer(context, value.name, config), channelsFirst: value.channelsFirst };
  if (wrapped.class_name === 'ReLU') return relu(context, value, config);
  if (wrapped.class_name === 'Softmax') return softmax(context, value, numberIn(config, 'axis') ?? -1);
  return context.settings.refuse(
    `has an activation of the class ${quote(wrapped.class_name)}, which cannot be converted`,
  );
}

/**
 * Keras' ReLU: max_value above, 0 (or negative_slope · (x − threshold)) below the threshold.
 * Source: keras/src/layers/activations/relu.py.
 */
export function relu(
  context: LayerContext,
  value: LayerValue,
  config: Readonly<Record<string, unknown>>,
): LayerValue {
  const most = numberIn(config, 'max_value');
  const slope = numberIn(config, 'negative_slope') ?? 0;
  const threshold = numberIn(config, 'threshold') ?? 0;
  const wrap = (name: string): LayerValue => ({ name, channelsFirst: value.channelsFirst });
  const x = value.name;
  if (threshold === 0 && slope === 0)
    return wrap(most === undefined ? context.node('Relu', [x]) : clip(context, x, 0, most));
  const limit = number(context, threshold);
  const above = most === undefined ? x : clip(context, x, undefined, most);
  const below = product(context, context.node('Sub', [x, limit]), number(context, slope));
  return wrap(context.node('Where', [context.node('GreaterOrEqual', [x, limit]), above, below]));
}
