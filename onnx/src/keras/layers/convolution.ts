import { int, ints } from '../../proto/attribute.js';
import { permute, reshape } from '../../proto/permute.js';
import type { NumericTensor } from '../../proto/tensor.js';
import type { LayerValue } from '../layer-graph.js';
import type { LayerSpec } from '../spec.js';
import { activate } from './activation.js';
import {
  checkShape,
  type ImageInput,
  imageInput,
  type LayerContext,
  type LayerKind,
  only,
} from './layer-kind.js';
import { type Sliding, slidingAttributes } from './padding.js';

export const withBias = (layer: LayerSpec, names: readonly string[]) =>
  layer.config.use_bias === false ? names : [...names, 'bias'];

function slidingOf({ settings }: LayerContext): Sliding {
  return {
    kernel: settings.pair('kernel_size', [1, 1]),
    strides: settings.pair('strides', [1, 1]),
    dilations: settings.pair('dilation_rate', [1, 1]),
  };
}

function channelsOf(context: LayerContext, image: ImageInput): number {
  if (typeof image.channels !== 'number')
    context.settings.refuse('has an input with an unknown number of channels');
  return image.channels;
}

/** The bias as a list of inputs, for an operation that may have one. */
function biasOf(context: LayerContext, names: readonly string[], size: number): string[] {
  if (!names.includes('bias')) return [];
  const bias = context.weights(names)[names.indexOf('bias')] as NumericTensor;
  checkShape(context, 'bias', bias, [size]);
  return [context.constant('bias', () => bias)];
}

/** Keras 1 with Theano's order of axes stores kernels as (out, in, rows, columns). */
function kernelLast(context: LayerContext, kernel: NumericTensor): NumericTensor {
  const old = context.kerasVersion === 1 && context.layer.config.dim_ordering === 'th';
  return old ? permute(kernel, [2, 3, 1, 0]) : kernel;
}

const convolution: LayerKind = {
  variables: (layer) => withBias(layer, ['kernel']),
  build(context, inputs) {
    const image = imageInput(context, only(context, inputs));
    const names = withBias(context.layer, ['kernel']);
    const sliding = slidingOf(context);
    const groups = context.settings.integer('groups', 1);
    const filters = context.settings.integer('filters', 1);
    const channels = channelsOf(context, image);
    const kernel = kernelLast(context, context.weights(names)[0] as NumericTensor);
    checkShape(context, 'kernel', kernel, [...sliding.kernel, channels / groups, filters]);
    const output = context.node(
      'Conv',
      [
        image.name,
        context.constant('kernel', () => permute(kernel, [3, 2, 0, 1])),
        ...biasOf(context, names, filters),
      ],
      { ...slidingAttributes(context, image, sliding), group: int(groups) },
    );
    return activate(context, image.wrap(output), context.settings.raw('activation'));
  },
};

/** (rows, columns, in, multiplier) to (in × multiplier, 1, rows, columns). */
function depthwiseKernel(kernel: NumericTensor): NumericTensor {
  const [rows = 1, columns = 1, channels = 1, multiplier = 1] = kernel.dims;
  return reshape(permute(kernel, [2, 3, 0, 1]), [channels * multiplier, 1, rows, columns]);
}

function addDepthwise(
  context: LayerContext,
  image: ImageInput,
  kernel: NumericTensor,
  bias: readonly string[],
) {
  const sliding = slidingOf(context);
  const channels = channelsOf(context, image);
  checkShape(context, 'kernel', kernel, [
    ...sliding.kernel,
    channels,
    context.settings.integer('depth_multiplier', 1),
  ]);
  return context.node(
    'Conv',
    [image.name, context.constant('depthwise_kernel', () => depthwiseKernel(kernel)), ...bias],
    { ...slidingAttributes(context, image, sliding), group: int(channels) },
  );
}

const depthwise: LayerKind = {
  variables: (layer) => withBias(layer, ['depthwise_kernel']),
  build(context, inputs) {
    const image = imageInput(context, only(context, inputs));
    const names = withBias(context.layer, ['depthwise_kernel']);
    const kernel = context.weights(names)[0] as NumericTensor;
    const size = channelsOf(context, image) * context.settings.integer('depth_multiplier', 1);
    const output = addDepthwise(context, image, kernel, biasOf(context, names, size));
    return activate(context, image.wrap(output), context.settings.raw('activation'));
  },
};

const separable: LayerKind = {
  variables: (layer) => withBias(layer, ['depthwise_kernel', 'pointwise_kernel']),
  build(context, inputs) {
    const image = imageInput(context, only(context, inputs));
    const names = withBias(context.layer, ['depthwise_kernel', 'pointwise_kernel']);
    const [kernel, pointwise] = context.weights(names) as [NumericTensor, NumericTensor];
    const filters = context.settings.integer('filters', 1);
    const between = channelsOf(context, image) * context.settings.integer('depth_multiplier', 1);
    checkShape(context, 'pointwise kernel', pointwise, [1, 1, between, filters]);
    const output = context.node('Conv', [
      addDepthwise(context, image, kernel, []),
      context.constant('pointwise_kernel', () => permute(pointwise, [3, 2, 0, 1])),
      ...biasOf(context, names, filters),
    ]);
    return activate(context, image.wrap(output), context.settings.raw('activation'));
  },
};

/** How much the full result of a transposed convolution exceeds what Keras gives out, along one axis. */
function excessOf(
  context: LayerContext,
  kernel: number,
  stride: number,
  dilation: number,
  extra?: number,
): number {
  const span = dilation * (kernel - 1) + 1;
  const same = context.settings.text('padding', 'valid') === 'same';
  if (extra !== undefined) return (same ? 2 * Math.floor(span / 2) : 0) - extra;
  return same ? span - stride : Math.min(span - stride, 0);
}

/** Source of the sizes: keras/utils/conv_utils.py (deconv_output_length). */
const transposed: LayerKind = {
  variables: (layer) => withBias(layer, ['kernel']),
  build(context, inputs) {
    const value: LayerValue = only(context, inputs);
    const image = imageInput(context, value);
    const names = withBias(context.layer, ['kernel']);
    const { kernel: size, strides, dilations } = slidingOf(context);
    const filters = context.settings.integer('filters', 1);
    const kernel = context.weights(names)[0] as NumericTensor;
    checkShape(context, 'kernel', kernel, [...size, filters, channelsOf(context, image)]);
    const given = context.settings.raw('output_padding');
    const extra = Array.isArray(given) ? given : [given, given];
    const excess = [0, 1].map((axis) =>
      excessOf(
        context,
        size[axis as 0],
        strides[axis as 0],
        dilations[axis as 0],
        typeof extra[axis] === 'number' ? extra[axis] : undefined,
      ),
    );
    const begins = excess.map((total) => Math.floor(Math.max(total, 0) / 2));
    const ends = excess.map((total, axis) => Math.max(total, 0) - (begins[axis] as number));
    const output = context.node(
      'ConvTranspose',
      [
        image.name,
        context.constant('kernel', () => permute(kernel, [3, 2, 0, 1])),
        ...biasOf(context, names, filters),
      ],
      {
        kernel_shape: ints(size),
        strides: ints(strides),
        dilations: ints(dilations),
        pads: ints([...begins, ...ends]),
        output_padding: ints(excess.map((total) => Math.max(-total, 0))),
      },
    );
    return activate(context, image.wrap(output), context.settings.raw('activation'));
  },
};

export const CONVOLUTION: Readonly<Record<string, LayerKind>> = {
  Conv2D: convolution,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  Conv2DTranspose: transposed,
};
