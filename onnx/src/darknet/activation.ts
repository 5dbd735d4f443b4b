/** Darknet's activations as ONNX nodes. Source: AlexeyAB/darknet src/activations.h, activation_layer.c. */
import { ConversionError, quote } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { float } from '../proto/attribute.js';
import { scalar } from '../proto/tensor.js';

type Activation = (builder: GraphBuilder, x: string) => string;

const constant = (builder: GraphBuilder, value: number) => builder.constant(scalar(value));
const add = (builder: GraphBuilder, x: string, value: number) =>
  builder.node('Add', [x, constant(builder, value)]);
const times = (builder: GraphBuilder, x: string, value: number) =>
  builder.node('Mul', [x, constant(builder, value)]);
const clip = (builder: GraphBuilder, x: string, low: number, high: number) =>
  builder.node('Clip', [x, constant(builder, low), constant(builder, high)]);
const leaky =
  (alpha: number): Activation =>
  (builder, x) =>
    builder.node('LeakyRelu', [x], { alpha: float(alpha) });
const plain =
  (op: string): Activation =>
  (builder, x) =>
    builder.node(op, [x]);

/** Beyond `low` to `high` the line goes on with a small slope. */
function sloped(builder: GraphBuilder, x: string, low: number, high: number, slope: number): string {
  const beyond = builder.node('Sub', [x, clip(builder, x, low, high)]);
  return times(builder, beyond, slope);
}

const gelu: Activation = (builder, x) => {
  const cube = builder.node('Mul', [builder.node('Mul', [x, x]), x]);
  const inner = builder.node('Add', [times(builder, x, 0.797885), times(builder, cube, 0.035677)]);
  return builder.node('Mul', [times(builder, x, 0.5), add(builder, builder.node('Tanh', [inner]), 1)]);
};

const stair: Activation = (builder, x) => {
  const floor = builder.node('Floor', [x]);
  const half = builder.node('Floor', [times(builder, x, 0.5)]);
  const halfOfFloor = builder.node('Floor', [times(builder, floor, 0.5)]);
  const odd = builder.node('Sub', [floor, times(builder, halfOfFloor, 2)]);
  return builder.node('Add', [half, builder.node('Mul', [odd, builder.node('Sub', [x, floor])])]);
};

/** x above 0, x²/2 + x down to −2, 0 below. */
const hardMish: Activation = (builder, x) => {
  const low = clip(builder, x, -2, 0);
  const curve = builder.node('Add', [times(builder, builder.node('Mul', [low, low]), 0.5), low]);
  return builder.node('Add', [builder.node('Relu', [x]), curve]);
};

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  logistic: plain('Sigmoid'),
  loggy: (builder, x) => add(builder, times(builder, builder.node('Sigmoid', [x]), 2), -1),
  relu: plain('Relu'),
  relu6: (builder, x) => clip(builder, x, 0, 6),
  relie: leaky(0.01),
  ramp: (builder, x) => builder.node('Add', [builder.node('Relu', [x]), times(builder, x, 0.1)]),
  leaky: leaky(0.1),
  elu: plain('Elu'),
  selu: plain('Selu'),
  gelu,
  tanh: plain('Tanh'),
  hardtan: (builder, x) => clip(builder, x, -1, 1),
  lhtan: (builder, x) => builder.node('Add', [clip(builder, x, 0, 1), sloped(builder, x, 0, 1, 0.001)]),
  plse: (builder, x) => {
    const middle = clip(builder, add(builder, times(builder, x, 0.125), 0.5), 0, 1);
    return builder.node('Add', [middle, sloped(builder, x, -4, 4, 0.01)]);
  },
  stair,
  swish: (builder, x) => builder.node('Mul', [x, builder.node('Sigmoid', [x])]),
  mish: (builder, x) => builder.node('Mul', [x, builder.node('Tanh', [builder.node('Softplus', [x])])]),
  hard_mish: hardMish,
};

/** @throws ConversionError for an activation that is not known */
export function activate(builder: GraphBuilder, x: string, name: string, layer: string): string {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (!activation)
    throw new ConversionError(`In ${layer}, the activation ${quote(name)} cannot be converted.`);
  return activation(builder, x);
}
