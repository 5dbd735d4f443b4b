/** Gradients of arithmetic with broadcasting. */
import { type GradientContext, type GradientRule, unary, whereNeeded } from '../rule.js';

type Part = (context: GradientContext, gradient: string) => string;

/** A rule of two operands; each part is summed over the axes along which its operand was repeated. */
function binary(left: Part, right: Part): GradientRule {
  return (context) => {
    const gradient = context.gradient() as string;
    return [left, right].map((part, index) =>
      whereNeeded(context, index, () => context.ops.sumTo(part(context, gradient), context.input(index))),
    );
  };
}

const same: Part = (_, gradient) => gradient;
const add = binary(same, same);
const sub = binary(same, ({ ops }, gradient) => ops.neg(gradient));
const mul = binary(
  ({ ops, input }, gradient) => ops.mul(gradient, input(1)),
  ({ ops, input }, gradient) => ops.mul(gradient, input(0)),
);
/** a / b: by a it is 1 / b, by b −(a / b) / b. */
const div = binary(
  ({ ops, input }, gradient) => ops.div(gradient, input(1)),
  ({ ops, input, output }, gradient) => ops.neg(ops.div(ops.mul(gradient, output()), input(1))),
);

/** xᵖ: by x it is p xᵖ⁻¹, by p xᵖ ln x, for which x must be positive. */
const pow = binary(
  (context, gradient) => {
    const { ops, input } = context;
    const exponent = context.numbers(1);
    if (exponent?.length === 1 && exponent[0] === 2) return ops.mul(gradient, ops.scale(input(0), 2));
    const lower = ops.node('Pow', [input(0), ops.sub(input(1), ops.number(1))]);
    return ops.mul(gradient, ops.mul(input(1), lower));
  },
  ({ ops, input, output }, gradient) => ops.mul(gradient, ops.mul(output(), ops.node('Log', [input(0)]))),
);

/** Sum and Mean of any number of operands. */
function joined(factor: (count: number) => number): GradientRule {
  return (context) => {
    const { ops, node } = context;
    const gradient = ops.scale(context.gradient() as string, factor(node.inputs.length));
    return node.inputs.map((value, index) => whereNeeded(context, index, () => ops.sumTo(gradient, value)));
  };
}

/** Max and Min: the gradient goes to the first operand that has the extreme value. */
const extreme: GradientRule = (context) => {
  const { ops, node } = context;
  let rest = context.gradient() as string;
  return node.inputs.map((value, index) => {
    if (index === node.inputs.length - 1) return whereNeeded(context, index, () => ops.sumTo(rest, value));
    const chosen = ops.node('Equal', [value, context.output()]);
    const own = rest;
    rest = ops.where(chosen, ops.number(0), own);
    return whereNeeded(context, index, () => ops.sumTo(ops.where(chosen, own), value));
  });
};

const where: GradientRule = (context) => {
  const { ops } = context;
  const gradient = context.gradient() as string;
  const condition = context.input(0);
  return [
    undefined,
    whereNeeded(context, 1, () => ops.sumTo(ops.where(condition, gradient), context.input(1))),
    whereNeeded(context, 2, () => ops.sumTo(ops.where(condition, ops.number(0), gradient), context.input(2))),
  ];
};

const pass = unary((_, gradient) => gradient);

/** Only casts from float32 to float32 are on the way of a gradient: other types carry none. */
const cast = unary(({ ops, input }, gradient) => {
  const type = ops.builder.type(input(0));
  return type === 'float32' ? gradient : undefined;
});

export const ARITHMETIC: Readonly<Record<string, GradientRule>> = {
  Add: add,
  Sub: sub,
  Mul: mul,
  Div: div,
  Pow: pow,
  Sum: joined(() => 1),
  Mean: joined((count) => 1 / count),
  Max: extreme,
  Min: extreme,
  Where: where,
  Identity: pass,
  Dropout: pass,
  Cast: cast,
};
