import { ints } from '../../proto/attribute.js';
import { permute, reshape } from '../../proto/permute.js';
import { int64, type NumericTensor } from '../../proto/tensor.js';
import { activate } from './activation.js';
import { withBias } from './convolution.js';
import { checkShape, type LayerContext, type LayerKind, only } from './layer-kind.js';

/** On an image with channels first a dense layer is a convolution by 1 × 1, which spares two transpositions. */
function asConvolution(
  context: LayerContext,
  x: string,
  kernel: NumericTensor,
  bias?: NumericTensor,
): string {
  const [from = 1, to = 1] = kernel.dims;
  const weights = context.constant('kernel_as_convolution', () =>
    reshape(permute(kernel, [1, 0]), [to, from, 1, 1]),
  );
  return context.node('Conv', bias ? [x, weights, context.constant('bias', () => bias)] : [x, weights], {
    kernel_shape: ints([1, 1]),
  });
}

function asProduct(context: LayerContext, x: string, kernel: NumericTensor, bias?: NumericTensor): string {
  const weights = context.constant('kernel', () => kernel);
  const added = bias && context.constant('bias', () => bias);
  if (context.graph.builder.shape(x).length === 2)
    return context.node('Gemm', added ? [x, weights, added] : [x, weights]);
  const product = context.node('MatMul', [x, weights]);
  return added ? context.node('Add', [product, added]) : product;
}

const dense: LayerKind = {
  variables: (layer) => withBias(layer, ['kernel']),
  build(context, inputs) {
    const value = only(context, inputs);
    const { graph, settings } = context;
    const rank = graph.rankOf(value);
    if (rank < 2) settings.refuse('takes vectors');
    const [kernel, bias] = context.weights(withBias(context.layer, ['kernel'])) as [
      NumericTensor,
      NumericTensor?,
    ];
    const units = settings.integer('units', 1);
    checkShape(context, 'kernel', kernel, [graph.shapeOf(value).at(-1) ?? null, units]);
    if (bias) checkShape(context, 'bias', bias, [units]);
    const image = value.channelsFirst && rank === 4;
    const name = image
      ? asConvolution(context, value.name, kernel, bias)
      : asProduct(context, graph.plain(value), kernel, bias);
    return activate(context, { name, channelsFirst: image }, settings.raw('activation'));
  },
};

/** The layer by which ConvNeXt scales its channels: keras/src/applications/convnext.py. */
const layerScale: LayerKind = {
  variables: () => ['gamma'],
  build(context, inputs) {
    const value = only(context, inputs);
    const [gamma] = context.weights(['gamma']) as [NumericTensor];
    checkShape(context, 'gamma', gamma, [context.graph.shapeOf(value).at(-1) ?? null]);
    const spatial = value.channelsFirst ? context.graph.rankOf(value) - 2 : 0;
    const key = spatial ? 'gamma_first' : 'gamma';
    const scale = context.constant(key, () =>
      reshape(gamma, [...gamma.dims, ...Array<number>(spatial).fill(1)]),
    );
    return { name: context.node('Mul', [value.name, scale]), channelsFirst: value.channelsFirst };
  },
};

const repeat: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    if (context.graph.rankOf(value) !== 2) context.settings.refuse('takes vectors');
    const times = context.settings.integer('n', 1);
    const raised = context.node('Unsqueeze', [value.name, context.constant('axis', () => int64([1]))]);
    return {
      name: context.node('Expand', [raised, context.constant('times', () => int64([1, times, 1]))]),
      channelsFirst: false,
    };
  },
};

export const DENSE: Readonly<Record<string, LayerKind>> = {
  Dense: dense,
  LayerScale: layerScale,
  RepeatVector: repeat,
};
