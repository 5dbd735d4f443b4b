import { float } from '../../proto/attribute.js';
import { permute, reshape } from '../../proto/permute.js';
import type { NumericTensor } from '../../proto/tensor.js';
import type { LayerValue } from '../layer-graph.js';
import { activate, leakyRelu, numberIn, relu, softmax } from './activation.js';
import { checkShape, type LayerContext, type LayerKind, only } from './layer-kind.js';

/** A layer that works on every number alone, whatever the layout. */
function elementwise(apply: (context: LayerContext, x: string) => string): LayerKind {
  return {
    build(context, inputs) {
      const value = only(context, inputs);
      return { name: apply(context, value.name), channelsFirst: value.channelsFirst };
    },
  };
}

/** Softmax over several axes at once, as attention masks use it, is not among them. */
function softmaxAxis({ settings }: LayerContext): number {
  const axes = settings.integers('axis', [-1]);
  if (axes.length !== 1) settings.refuse('has a softmax over several axes');
  return axes[0] as number;
}

/** Moves a weight with an axis for each but the batch's to the layout of the value that it is multiplied with. */
export function alignedWeight(weight: NumericTensor, value: LayerValue): NumericTensor {
  const rank = weight.dims.length;
  if (!value.channelsFirst || rank < 2) return weight;
  return permute(weight, [rank - 1, ...Array.from({ length: rank - 1 }, (_, axis) => axis)]);
}

/** Its slopes have the input's shape without the batch, with 1 along shared axes. */
const prelu: LayerKind = {
  variables: () => ['alpha'],
  build(context, inputs) {
    const value = only(context, inputs);
    const [alpha] = context.weights(['alpha']) as [NumericTensor];
    const sizes = context.graph.shapeOf(value).slice(1);
    checkShape(
      context,
      'alpha',
      alpha,
      sizes.map((size, axis) => (alpha.dims[axis] === 1 ? 1 : size)),
    );
    const key = value.channelsFirst ? 'alpha' : 'alpha_plain';
    const slope = context.constant(key, () => {
      const aligned = alignedWeight(alpha, value);
      return reshape(aligned, [1, ...aligned.dims]);
    });
    return { name: context.node('PRelu', [value.name, slope]), channelsFirst: value.channelsFirst };
  },
};

export const ACTIVATION: Readonly<Record<string, LayerKind>> = {
  Activation: {
    build: (context, inputs) =>
      activate(context, only(context, inputs), context.settings.raw('activation') ?? 'linear'),
  },
  ReLU: { build: (context, inputs) => relu(context, only(context, inputs), context.layer.config) },
  LeakyReLU: elementwise((context, x) =>
    leakyRelu(context, x, numberIn(context.layer.config, 'negative_slope', 'alpha') ?? 0.3),
  ),
  ELU: elementwise((context, x) =>
    context.node('Elu', [x], { alpha: float(context.settings.number('alpha', 1)) }),
  ),
  ThresholdedReLU: elementwise((context, x) =>
    context.node('ThresholdedRelu', [x], { alpha: float(context.settings.number('theta', 1)) }),
  ),
  PReLU: prelu,
  Softmax: { build: (context, inputs) => softmax(context, only(context, inputs), softmaxAxis(context)) },
};
