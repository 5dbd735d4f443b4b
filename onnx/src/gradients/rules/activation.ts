/** Gradients of functions of one number. */
import { floatOf, stringOf } from '../../proto/attribute.js';
import { type GradientContext, type GradientRule, unary, whereNeeded } from '../rule.js';

/** The derivative as a factor on the gradient. */
function factor(derivative: (context: GradientContext) => string): GradientRule {
  return unary((context, gradient) => context.ops.mul(gradient, derivative(context)));
}

const attribute = ({ node }: GradientContext, name: string, otherwise: number) =>
  floatOf(node.attributes, name, otherwise);

const relu = unary((context, gradient) => context.ops.whereAbove(context.output(), 0, gradient));

const leakyRelu = unary((context, gradient) => {
  const { ops } = context;
  const positive = ops.node('Greater', [context.input(0), ops.number(0)]);
  return ops.where(positive, gradient, ops.scale(gradient, attribute(context, 'alpha', 0.01)));
});

const thresholdedRelu = unary((context, gradient) =>
  context.ops.whereAbove(context.input(0), attribute(context, 'alpha', 1), gradient),
);

/** Within both limits the gradient passes. The limits are inputs, either of which may be left out. */
const clip = unary((context, gradient) => {
  const { ops, node } = context;
  const tests = [
    ...(node.inputs[1] ? [ops.node('Greater', [context.input(0), context.input(1)])] : []),
    ...(node.inputs[2] ? [ops.node('Less', [context.input(0), context.input(2)])] : []),
  ];
  return tests.reduce((kept, test) => ops.where(test, kept), gradient);
});

/** σ' = σ (1 − σ) */
const sigmoid = factor(({ ops, output }) => ops.mul(output(), ops.sub(ops.number(1), output())));

const tanh = factor(({ ops, output }) => ops.sub(ops.number(1), ops.square(output())));

const hardSigmoid = unary((context, gradient) => {
  const { ops } = context;
  const below = ops.node('Less', [context.output(), ops.number(1)]);
  const inside = ops.where(below, ops.whereAbove(context.output(), 0, gradient));
  return ops.scale(inside, attribute(context, 'alpha', 0.2));
});

/** x · hardSigmoid(x): its derivative is 0 below −3, 1 above 3 and x / 3 + 1 / 2 between. */
const hardSwish = factor((context) => {
  const { ops } = context;
  const x = context.input(0);
  const slope = ops.add(ops.scale(x, 1 / 3), ops.number(0.5));
  const upper = ops.where(ops.node('Greater', [x, ops.number(3)]), ops.number(1), slope);
  return ops.where(ops.node('Less', [x, ops.number(-3)]), ops.number(0), upper);
});

/** Where x < 0, y = α (eˣ − 1), whose derivative is y + α. */
const elu = factor((context) => {
  const { ops } = context;
  const negative = ops.add(context.output(), ops.number(attribute(context, 'alpha', 1)));
  return ops.where(ops.node('Greater', [context.input(0), ops.number(0)]), ops.number(1), negative);
});

const selu = factor((context) => {
  const { ops } = context;
  const alpha = attribute(context, 'alpha', 1.6732632423543772);
  const gamma = attribute(context, 'gamma', 1.0507009873554805);
  const negative = ops.add(context.output(), ops.number(gamma * alpha));
  return ops.where(ops.node('Greater', [context.input(0), ops.number(0)]), ops.number(gamma), negative);
});

const softplus = factor(({ ops, input }) => ops.node('Sigmoid', [input(0)]));

/** 1 / (1 + |x|)² */
const softsign = factor(({ ops, input }) =>
  ops.node('Reciprocal', [ops.square(ops.add(ops.node('Abs', [input(0)]), ops.number(1)))]),
);

/** x · tanh(softplus x), whose derivative is t + x σ(x) (1 − t²). */
const mish = factor(({ ops, input }) => {
  const x = input(0);
  const t = ops.node('Tanh', [ops.node('Softplus', [x])]);
  const rest = ops.mul(ops.mul(x, ops.node('Sigmoid', [x])), ops.sub(ops.number(1), ops.square(t)));
  return ops.add(t, rest);
});

/** Φ(x) + x φ(x); the form with tanh is differentiated as it is written. */
const gelu = factor((context) => {
  const { ops } = context;
  const x = context.input(0);
  const half = ops.number(0.5);
  const one = ops.number(1);
  if (stringOf(context.node.attributes, 'approximate', 'none') === 'tanh') {
    const root = Math.sqrt(2 / Math.PI);
    const cube = ops.scale(ops.mul(ops.square(x), x), 0.044715);
    const t = ops.node('Tanh', [ops.scale(ops.add(x, cube), root)]);
    const slope = ops.scale(ops.add(one, ops.scale(ops.square(x), 3 * 0.044715)), root);
    const inner = ops.mul(ops.mul(x, ops.sub(one, ops.square(t))), slope);
    return ops.mul(half, ops.add(ops.add(one, t), inner));
  }
  const normal = ops.mul(half, ops.add(one, ops.node('Erf', [ops.scale(x, Math.SQRT1_2)])));
  const density = ops.scale(ops.node('Exp', [ops.scale(ops.square(x), -0.5)]), 1 / Math.sqrt(2 * Math.PI));
  return ops.add(normal, ops.mul(x, density));
});

/** 2 / √π · e^(−x²) */
const erf = factor(({ ops, input }) =>
  ops.scale(ops.node('Exp', [ops.neg(ops.square(input(0)))]), 2 / Math.sqrt(Math.PI)),
);

const prelu: GradientRule = (context) => {
  const { ops } = context;
  const gradient = context.gradient() as string;
  const [x, slope] = [context.input(0), context.input(1)];
  const positive = ops.node('Greater', [x, ops.number(0)]);
  return [
    whereNeeded(context, 0, () => ops.where(positive, gradient, ops.mul(gradient, slope))),
    whereNeeded(context, 1, () => ops.sumTo(ops.where(positive, ops.number(0), ops.mul(gradient, x)), slope)),
  ];
};

const exp = factor(({ output }) => output());
const log = unary(({ ops, input }, gradient) => ops.div(gradient, input(0)));
const sqrt = unary(({ ops, output }, gradient) => ops.div(ops.scale(gradient, 0.5), output()));
const abs = factor(({ ops, input }) => ops.node('Sign', [input(0)]));
const neg = unary(({ ops }, gradient) => ops.neg(gradient));
/** −1 / x² */
const reciprocal = factor(({ ops, output }) => ops.neg(ops.square(output())));
const sin = factor(({ ops, input }) => ops.node('Cos', [input(0)]));
const cos = factor(({ ops, input }) => ops.neg(ops.node('Sin', [input(0)])));
/** Steps: flat wherever they have a derivative. */
const flat: GradientRule = () => [];

export const ACTIVATION: Readonly<Record<string, GradientRule>> = {
  Relu: relu,
  LeakyRelu: leakyRelu,
  ThresholdedRelu: thresholdedRelu,
  Clip: clip,
  Sigmoid: sigmoid,
  Tanh: tanh,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Elu: elu,
  Selu: selu,
  Softplus: softplus,
  Softsign: softsign,
  Mish: mish,
  Gelu: gelu,
  Erf: erf,
  PRelu: prelu,
  Exp: exp,
  Log: log,
  Sqrt: sqrt,
  Abs: abs,
  Neg: neg,
  Reciprocal: reciprocal,
  Sin: sin,
  Cos: cos,
  Floor: flat,
  Ceil: flat,
  Round: flat,
  Sign: flat,
};
