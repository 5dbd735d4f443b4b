import { int } from '../../proto/attribute.js';
import { int64, scalar } from '../../proto/tensor.js';
import type { LayerValue } from '../layer-graph.js';
import { inOneLayout } from './broadcast.js';
import type { LayerContext, LayerKind } from './layer-kind.js';

function severalOf(context: LayerContext, inputs: readonly LayerValue[], least = 1): readonly LayerValue[] {
  if (inputs.length < least)
    context.settings.refuse(`has ${inputs.length} inputs where it takes at least ${least}`);
  return inputs;
}

/** Keras puts axes of size one behind the batch where ranks differ. */
function ofOneRank(context: LayerContext, values: readonly LayerValue[]): readonly LayerValue[] {
  const rank = Math.max(...values.map((value) => context.graph.rankOf(value)));
  return values.map((value) => {
    const missing = rank - context.graph.rankOf(value);
    if (missing === 0) return value;
    const axes = Array.from({ length: missing }, (_, index) => index + 1);
    const raised = [context.graph.plain(value), context.graph.constant(int64(axes), 'axes')];
    return { name: context.node('Unsqueeze', raised), channelsFirst: false };
  });
}

function merge(combine: (context: LayerContext, names: readonly string[]) => string, least = 1): LayerKind {
  return {
    build(context, inputs) {
      const values = ofOneRank(context, severalOf(context, inputs, least));
      const { names, channelsFirst } = inOneLayout(context.graph, values);
      return { name: combine(context, names), channelsFirst };
    },
  };
}

/** One operation of two inputs after the other. */
const chained = (op: string) => (context: LayerContext, names: readonly string[]) =>
  names.slice(1).reduce((sum, name) => context.node(op, [sum, name]), names[0] as string);

const average = (context: LayerContext, names: readonly string[]) => {
  const sum = chained('Add')(context, names);
  return context.node('Mul', [sum, context.graph.constant(scalar(1 / names.length), 'number')]);
};

/** Joins along an axis, counted as Keras counts. */
export function concatenate(context: LayerContext, values: readonly LayerValue[], axis: number): LayerValue {
  const { names, channelsFirst } = inOneLayout(context.graph, values);
  const joined = { name: names[0] as string, channelsFirst };
  const at = context.graph.axisOf(joined, axis);
  return { name: context.node('Concat', names, { axis: int(at) }), channelsFirst };
}

/**
 * Inception-ResNet adds a scaled branch by a Lambda layer in Keras 2 and by CustomScaleLayer in Keras 3.
 * Source: keras/src/applications/inception_resnet_v2.py.
 */
export function addScaled(context: LayerContext, inputs: readonly LayerValue[], scale: number): LayerValue {
  const { names, channelsFirst } = inOneLayout(context.graph, severalOf(context, inputs, 2));
  const [straight = '', branch = ''] = names;
  const scaled = context.node('Mul', [branch, context.graph.constant(scalar(scale), 'number')]);
  return { name: context.node('Add', [straight, scaled]), channelsFirst };
}

export const MERGE: Readonly<Record<string, LayerKind>> = {
  Add: merge(chained('Add')),
  Subtract: merge(chained('Sub'), 2),
  Multiply: merge(chained('Mul')),
  Average: merge(average),
  Maximum: merge(chained('Max')),
  Minimum: merge(chained('Min')),
  Concatenate: {
    build: (context, inputs) =>
      concatenate(context, severalOf(context, inputs), context.settings.integers('axis', [-1])[0] as number),
  },
  CustomScaleLayer: {
    build: (context, inputs) => addScaled(context, inputs, context.settings.number('scale', 1)),
  },
};
