/** Gradients of normalisations. Source of the formulas: Ioffe and Szegedy, 2015; Ba, Kiros and Hinton, 2016. */
import { floatOf, intOf } from '../../proto/attribute.js';
import { fromFront } from '../../shapes/rule.js';
import { type Ops, upTo } from '../ops.js';
import { type GradientContext, type GradientRule, whereNeeded } from '../rule.js';

const spaceAndBatch = (rank: number) => upTo(rank).filter((axis) => axis !== 1);

/** A vector over channels in the shape that broadcasts over batch and space. */
export function perChannel(ops: Ops, vector: string, rank: number): string {
  return ops.reshape(vector, [1, -1, ...upTo(rank - 2).map(() => 1)]);
}

/** 1 / √(variance + ε) */
export function inverseDeviation(ops: Ops, variance: string, epsilon: number): string {
  return ops.node('Reciprocal', [ops.node('Sqrt', [ops.add(variance, ops.number(epsilon))])]);
}

const epsilonOf = ({ node }: GradientContext) => floatOf(node.attributes, 'epsilon', 1e-5);

/** Batch normalisation by fixed statistics: a factor and a summand per channel. */
const frozenBatch: GradientRule = (context) => {
  const { ops, input } = context;
  const gradient = context.gradient() as string;
  const rank = context.shape(0).length;
  const axes = spaceAndBatch(rank);
  const inverse = inverseDeviation(ops, input(4), epsilonOf(context));
  return [
    whereNeeded(context, 0, () => ops.mul(gradient, perChannel(ops, ops.mul(input(1), inverse), rank))),
    whereNeeded(context, 1, () => {
      const centred = ops.sub(input(0), perChannel(ops, input(3), rank));
      return ops.mul(ops.sum(ops.mul(gradient, centred), axes, false), inverse);
    }),
    whereNeeded(context, 2, () => ops.sum(gradient, axes, false)),
  ];
};

/**
 * Batch normalisation by the batch's own statistics. `saved.centred` is x − mean, `saved.inverse` 1 / √(variance + ε)
 * per channel, both kept by the forward pass.
 */
export const trainedBatch: GradientRule = (context) => {
  const { ops, input, saved } = context;
  const gradient = context.gradient() as string;
  const rank = context.shape(0).length;
  const axes = spaceAndBatch(rank);
  const [centred, inverse] = [saved.centred as string, saved.inverse as string];
  const total = ops.sum(gradient, axes, false);
  const byScale = ops.mul(ops.sum(ops.mul(gradient, centred), axes, false), inverse);
  const byInput = () => {
    const factor = ops.mul(input(1), inverse);
    const flat = ops.mean(gradient, axes);
    const square = ops.mul(
      ops.mean(ops.mul(gradient, centred), axes),
      perChannel(ops, ops.square(inverse), rank),
    );
    const rest = ops.sub(ops.sub(gradient, flat), ops.mul(centred, square));
    return ops.mul(rest, perChannel(ops, factor, rank));
  };
  return [
    whereNeeded(context, 0, byInput),
    whereNeeded(context, 1, () => byScale),
    whereNeeded(context, 2, () => total),
  ];
};

/** By the input of (x − mean) / √(variance + ε) over some axes, and the normalised values themselves. */
function normalised(ops: Ops, x: string, axes: readonly number[], epsilon: number) {
  const centred = ops.sub(x, ops.mean(x, axes));
  const inverse = inverseDeviation(ops, ops.mean(ops.square(centred), axes), epsilon);
  const values = ops.mul(centred, inverse);
  const back = (gradient: string) => {
    const along = ops.mul(values, ops.mean(ops.mul(gradient, values), axes));
    return ops.mul(inverse, ops.sub(ops.sub(gradient, ops.mean(gradient, axes)), along));
  };
  return { values, back };
}

const layer: GradientRule = (context) => {
  const { ops, input } = context;
  const gradient = context.gradient() as string;
  const rank = context.shape(0).length;
  const first = fromFront(intOf(context.node.attributes, 'axis', -1), rank);
  const { values, back } = normalised(ops, input(0), upTo(rank).slice(first), epsilonOf(context));
  return [
    whereNeeded(context, 0, () => back(ops.mul(gradient, input(1)))),
    whereNeeded(context, 1, () => ops.sumTo(ops.mul(gradient, values), input(1))),
    whereNeeded(context, 2, () => ops.sumTo(gradient, input(2))),
  ];
};

const instance: GradientRule = (context) => {
  const { ops, input } = context;
  const gradient = context.gradient() as string;
  const rank = context.shape(0).length;
  const { values, back } = normalised(ops, input(0), upTo(rank).slice(2), epsilonOf(context));
  const axes = spaceAndBatch(rank);
  return [
    whereNeeded(context, 0, () => back(ops.mul(gradient, perChannel(ops, input(1), rank)))),
    whereNeeded(context, 1, () => ops.sum(ops.mul(gradient, values), axes, false)),
    whereNeeded(context, 2, () => ops.sum(gradient, axes, false)),
  ];
};

export const NORMALISATION: Readonly<Record<string, GradientRule>> = {
  BatchNormalization: frozenBatch,
  LayerNormalization: layer,
  InstanceNormalization: instance,
};
