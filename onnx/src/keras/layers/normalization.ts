import { float, int } from '../../proto/attribute.js';
import { reshape } from '../../proto/permute.js';
import { float32, int64, type NumericTensor, toFloat32 } from '../../proto/tensor.js';
import type { LayerValue } from '../layer-graph.js';
import type { LayerSpec } from '../spec.js';
import { checkShape, type LayerContext, type LayerKind, only } from './layer-kind.js';

function learned(layer: LayerSpec): string[] {
  return [
    ...(layer.config.scale === false ? [] : ['gamma']),
    ...(layer.config.center === false ? [] : ['beta']),
  ];
}

const filled = (size: number, value: number) => float32(new Float32Array(size).fill(value));

/** A constant with one number per index of an axis, shaped to be broadcast against a value. */
function along(
  context: LayerContext,
  key: string,
  values: NumericTensor,
  axis: number,
  rank: number,
): string {
  return context.constant(`${key}@${axis}/${rank}`, () =>
    reshape(values, [values.data.length, ...Array<number>(rank - 1 - axis).fill(1)]),
  );
}

interface Statistics {
  readonly gamma: NumericTensor;
  readonly beta: NumericTensor;
  readonly mean: NumericTensor;
  readonly variance: NumericTensor;
}

function statisticsOf(context: LayerContext, size: number | null): Statistics {
  const names = [...learned(context.layer), 'moving_mean', 'moving_variance'];
  const weights = context.weights(names);
  const named = new Map(names.map((name, index) => [name, weights[index] as NumericTensor]));
  const mean = named.get('moving_mean') as NumericTensor;
  const channels = mean.dims[0] ?? 0;
  for (const [name, weight] of named) checkShape(context, name, weight, [size ?? channels]);
  return {
    gamma: named.get('gamma') ?? filled(channels, 1),
    beta: named.get('beta') ?? filled(channels, 0),
    mean,
    variance: named.get('moving_variance') as NumericTensor,
  };
}

/** Along an axis that ONNX has no operation for: one factor and one summand per index. */
function scaled(
  context: LayerContext,
  value: LayerValue,
  axis: number,
  epsilon: number,
  of: Statistics,
): string {
  const [gamma, beta, mean, variance] = [of.gamma, of.beta, of.mean, of.variance].map(toFloat32) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const factors = gamma.map((scale, index) => scale / Math.sqrt((variance[index] as number) + epsilon));
  const summands = factors.map((factor, index) => (beta[index] as number) - (mean[index] as number) * factor);
  const rank = context.graph.rankOf(value);
  const product = context.node('Mul', [value.name, along(context, 'factor', float32(factors), axis, rank)]);
  return context.node('Add', [product, along(context, 'summand', float32(summands), axis, rank)]);
}

const batch: LayerKind = {
  variables: (layer) => [...learned(layer), 'moving_mean', 'moving_variance'],
  build(context, inputs) {
    const value = only(context, inputs);
    const { graph, settings } = context;
    const axes = settings.integers('axis', [-1]);
    if (axes.length !== 1) settings.refuse('normalises over several axes');
    const axis = graph.axisOf(value, axes[0] as number);
    const size = graph.builder.shape(value.name)[axis];
    const epsilon = settings.number('epsilon', 1e-3);
    const of = statisticsOf(context, typeof size === 'number' ? size : null);
    const wrap = (name: string) => ({ name, channelsFirst: value.channelsFirst });
    if (axis !== 1) return wrap(scaled(context, value, axis, epsilon, of));
    const constants = (['gamma', 'beta', 'mean', 'variance'] as const).map((key) =>
      context.constant(key, () => of[key]),
    );
    return wrap(context.node('BatchNormalization', [value.name, ...constants], { epsilon: float(epsilon) }));
  },
};

/** Over the last axes, whose sizes the learned factors have. Source: keras/src/layers/normalization/layer_normalization.py. */
const layer: LayerKind = {
  variables: learned,
  build(context, inputs) {
    const value = only(context, inputs);
    const { graph, settings } = context;
    if (settings.flag('rms_scaling', false)) settings.refuse('uses rms_scaling');
    const rank = graph.rankOf(value);
    const axes = settings.integers('axis', [-1]).map((axis) => (axis < 0 ? axis + rank : axis));
    const from = Math.min(...axes);
    if (from < 1 || new Set(axes).size !== rank - from)
      settings.refuse('normalises over axes that are not the last');
    const names = learned(context.layer);
    const weights = context.weights(names);
    const sizes = graph.shapeOf(value).slice(from);
    if (!sizes.every((size) => typeof size === 'number'))
      settings.refuse('normalises over an axis of free size');
    const shape = sizes as number[];
    const count = shape.reduce((total, size) => total * size, 1);
    for (const [index, weight] of weights.entries())
      checkShape(context, names[index] as string, weight, shape);
    const learnedOr = (name: string, otherwise: number) =>
      context.constant(name, () => weights[names.indexOf(name)] ?? reshape(filled(count, otherwise), shape));
    const name = context.node(
      'LayerNormalization',
      [graph.plain(value), learnedOr('gamma', 1), learnedOr('beta', 0)],
      { axis: int(from), epsilon: float(settings.number('epsilon', 1e-3)) },
    );
    return { name, channelsFirst: false };
  },
};

/** Over groups of channels. Source: keras/src/layers/normalization/group_normalization.py. */
const group: LayerKind = {
  variables: learned,
  build(context, inputs) {
    const value = only(context, inputs);
    const { graph, settings } = context;
    const rank = graph.rankOf(value);
    const axis = settings.integers('axis', [-1])[0] as number;
    const channelsLast = axis === -1 || axis === rank - 1;
    if (!channelsLast && axis !== 1) settings.refuse('normalises along an axis that holds no channels');
    const x = channelsLast ? graph.first(value) : graph.plain(value);
    const channels = graph.builder.shape(x)[1];
    if (typeof channels !== 'number') return settings.refuse('has an unknown number of channels');
    const given = settings.integer('groups', 32, -1);
    const groups = given === -1 ? channels : given;
    if (groups < 1 || channels % groups)
      settings.refuse(`cannot part ${channels} channels into ${groups} groups`);
    const grouped = context.node('Reshape', [x, graph.constant(int64([0, groups, -1]), 'shape')]);
    const one = context.constant('ones', () => filled(groups, 1));
    const zero = context.constant('zeros', () => filled(groups, 0));
    const normal = context.node('InstanceNormalization', [grouped, one, zero], {
      epsilon: float(settings.number('epsilon', 1e-3)),
    });
    let name = context.node('Reshape', [normal, context.node('Shape', [x])]);
    const names = learned(context.layer);
    for (const [index, weight] of context.weights(names).entries()) {
      const key = names[index] as string;
      checkShape(context, key, weight, [channels]);
      name = context.node(key === 'gamma' ? 'Mul' : 'Add', [name, along(context, key, weight, 1, rank)]);
    }
    return { name, channelsFirst: channelsLast && rank > 2 };
  },
};

export const NORMALIZATION: Readonly<Record<string, LayerKind>> = {
  BatchNormalization: batch,
  LayerNormalization: layer,
  GroupNormalization: group,
};
