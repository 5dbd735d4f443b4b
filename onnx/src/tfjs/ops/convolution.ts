/** Convolutions, pools and batch normalisation. Source: tensorflow/core/ops/nn_ops.cc, core/framework/common_shape_fns.cc. */
import { ConversionError } from '../../errors.js';
import type { Dimension } from '../../graph/graph.js';
import { type Attribute, float, int, ints, string } from '../../proto/attribute.js';
import { permute, reshape } from '../../proto/permute.js';
import type { NumericTensor } from '../../proto/tensor.js';
import type { Value } from '../value.js';
import { biasAdd, clip, preluOf, unary } from './elementwise.js';
import type { Op, OpContext, Ops } from './op.js';

/** Height and width of a list with one entry per axis. */
function spatial(context: OpContext, key: string): [number, number] {
  const list = context.node.ints(key);
  if (list.length === 0) return [1, 1];
  const [h, w] = isFirst(context) ? [list[2], list[3]] : [list[1], list[2]];
  if (!h || !w || h < 1 || w < 1 || h > 4096 || w > 4096)
    context.refuse(`its ${key} are ${list.slice(0, 8)}`);
  return [h as number, w as number];
}

const isFirst = ({ node }: OpContext) => node.text('data_format', 'NHWC').toUpperCase() === 'NCHW';

/** The image with its channels first, and how a result of that order is handed on. */
function imageOf(context: OpContext, value: Value): { name: string; wrap: (name: string) => Value } {
  const { values } = context;
  if (values.shape(value).length !== 4) context.refuse('it works on an image that has not four axes');
  if (isFirst(context)) return { name: values.own(value), wrap: (own) => ({ own: values.checked(own) }) };
  return { name: values.first(value), wrap: (name) => ({ channelsFirst: values.checked(name) }) };
}

export interface Slide {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

/** TensorFlow's SAME: half of what is missing before, rounded down, the rest after. */
function samePads(sizes: readonly Dimension[], { kernel, strides, dilations }: Slide): number[] | undefined {
  const pads = [0, 1].map((axis) => {
    const span = (dilations[axis] as number) * ((kernel[axis] as number) - 1) + 1;
    const stride = strides[axis] as number;
    const size = sizes[axis];
    if (stride === 1) return span - 1;
    if (typeof size !== 'number') return undefined;
    return Math.max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
  });
  if (pads.some((total) => total === undefined)) return undefined;
  const before = (pads as number[]).map((total) => Math.floor(total / 2));
  return [...before, ...(pads as number[]).map((total, axis) => total - (before[axis] as number))];
}

function explicitPads(context: OpContext): number[] {
  const list = context.node.ints('explicit_paddings');
  const at = isFirst(context) ? 4 : 2;
  const [top = 0, bottom = 0, left = 0, right = 0] = list.slice(at, at + 4);
  return [top, left, bottom, right];
}

/** Attributes of a sliding window on an image [n, c, h, w]. */
function windowAttributes(context: OpContext, name: string, slide: Slide): Record<string, Attribute> {
  const { kernel, strides, dilations } = slide;
  const base = { kernel_shape: ints(kernel), strides: ints(strides), dilations: ints(dilations) };
  const padding = context.node.text('padding', 'VALID').toUpperCase();
  if (padding === 'EXPLICIT') return { ...base, pads: ints(explicitPads(context)) };
  if (padding !== 'SAME') return base;
  const pads = samePads(context.values.builder.shape(name).slice(2), slide);
  return pads ? { ...base, pads: ints(pads) } : { ...base, auto_pad: string('SAME_UPPER') };
}

type Reorder = (kernel: NumericTensor) => NumericTensor;

/** [h, w, in, out] → [out, in, h, w] */
const dense: Reorder = (kernel) => permute(kernel, [3, 2, 0, 1]);

/** [h, w, in, m] → [in × m, 1, h, w] */
const depthwise: Reorder = (kernel) => {
  const [h, w, channels, each] = kernel.dims as [number, number, number, number];
  return reshape(permute(kernel, [2, 3, 0, 1]), [channels * each, 1, h, w]);
};

function kernelOf(context: OpContext, reorder: Reorder): { name: string; dims: readonly number[] } {
  const kernel = context.constant(1);
  if (!kernel) return context.refuse('its kernel is known only while the network runs');
  if (kernel.dims.length !== 4) context.refuse('its kernel has not four axes');
  return { name: context.values.builder.constant(reorder(kernel), 'kernel'), dims: kernel.dims };
}

/** Zeros laid around the image just before become the convolution's own. */
function absorbPadding(context: OpContext): { image: Value; pads: readonly number[] | undefined } {
  const image = context.input(0);
  const valid = context.node.text('padding', 'VALID').toUpperCase() === 'VALID';
  if (!valid || !image.padded || isFirst(context)) return { image, pads: undefined };
  return { image: image.padded.source, pads: image.padded.pads };
}

function convolve(
  context: OpContext,
  reorder: Reorder,
  groupsOf: (channels: number, kernel: readonly number[]) => number,
): Value {
  const { values } = context;
  const kernel = kernelOf(context, reorder);
  const { image, pads } = absorbPadding(context);
  const { name, wrap } = imageOf(context, image);
  const slide: Slide = {
    kernel: [kernel.dims[0] as number, kernel.dims[1] as number],
    strides: spatial(context, 'strides'),
    dilations: spatial(context, 'dilations'),
  };
  const channels = values.builder.shape(name)[1];
  const known = typeof channels === 'number' ? channels : (kernel.dims[2] as number);
  const group = groupsOf(known, kernel.dims);
  if (!Number.isInteger(group) || group < 1) context.refuse(`its kernel does not fit ${known} channels`);
  const attributes = {
    ...windowAttributes(context, name, slide),
    ...(pads ? { pads: ints(pads) } : {}),
    group: int(group),
  };
  return wrap(values.builder.node('Conv', [name, kernel.name], attributes));
}

const conv2d = (context: OpContext) =>
  convolve(context, dense, (channels, kernel) => channels / (kernel[2] as number));
const depthwiseConv2d = (context: OpContext) =>
  convolve(context, depthwise, (_, kernel) => kernel[2] as number);

/** What TensorFlow's optimiser fused into a convolution or multiplication: a bias, then perhaps an activation. */
export function fused(context: OpContext, x: Value): Value {
  let result = x;
  let next = 2;
  for (const op of context.node.texts('fused_ops')) {
    switch (op.toLowerCase()) {
      case 'biasadd':
        result = biasAdd(context, result, context.input(next++));
        break;
      case 'fusedbatchnorm':
        return context.refuse('a batch normalisation is fused into it');
      default:
        result = activation(context, result, op.toLowerCase(), () => context.input(next++));
    }
  }
  return result;
}

function activation(context: OpContext, x: Value, name: string, nextInput: () => Value): Value {
  const { values, node } = context;
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return unary(values, 'Relu', x);
    case 'relu6':
      return clip(context, x, 0, 6);
    case 'elu':
      return unary(values, 'Elu', x);
    case 'sigmoid':
      return unary(values, 'Sigmoid', x);
    case 'tanh':
      return unary(values, 'Tanh', x);
    case 'leakyrelu':
      return unary(values, 'LeakyRelu', x, { alpha: float(node.float('leakyrelu_alpha', 0.2)) });
    case 'prelu':
      return preluOf(values, x, nextInput());
    default:
      return context.refuse(`"${name.slice(0, 40)}" is fused into it`);
  }
}

/** Inputs: shape of the result, kernel [h, w, out, in], image. */
const transposed: Op = (context) => {
  const { values } = context;
  const kernel = kernelOf(context, dense); // [in, out, h, w], as ConvTranspose wants it
  const { name, wrap } = imageOf(context, context.input(2));
  const [h, w] = kernel.dims as [number, number];
  const strides = spatial(context, 'strides');
  const dilations = spatial(context, 'dilations');
  const wanted = context.known[0]?.values ?? [];
  const sizes = isFirst(context) ? wanted.slice(2, 4) : wanted.slice(1, 3);
  const given = values.builder.shape(name).slice(2);
  const attributes = { kernel_shape: ints([h, w]), strides: ints(strides), dilations: ints(dilations) };
  if (sizes.length !== 2 || ![...sizes, ...given].every((size) => typeof size === 'number'))
    return context.refuse('the size of its result is known only while the network runs');
  const slide: Slide = { kernel: [h, w], strides, dilations };
  const padding = context.node.text('padding', 'VALID').toUpperCase();
  const pads =
    padding === 'SAME'
      ? samePads(sizes, slide)
      : padding === 'EXPLICIT'
        ? explicitPads(context)
        : [0, 0, 0, 0];
  const extra = [0, 1].map((axis) => {
    const span = dilations[axis as 0] * ((slide.kernel[axis as 0] as number) - 1) + 1;
    const full = ((given[axis] as number) - 1) * (strides[axis as 0] as number) + span;
    return (sizes[axis] as number) - full + (pads?.[axis] ?? 0) + (pads?.[axis + 2] ?? 0);
  });
  if (!pads || extra.some((size, axis) => size < 0 || size >= (strides[axis as 0] as number)))
    return context.refuse('the size of its result does not fit its kernel and strides');
  const all = { ...attributes, pads: ints(pads), output_padding: ints(extra) };
  return wrap(values.builder.node('ConvTranspose', [name, kernel.name], all));
};

const pool =
  (op: 'MaxPool' | 'AveragePool'): Op =>
  (context) => {
    const { values } = context;
    const { name, wrap } = imageOf(context, context.input(0));
    const slide: Slide = {
      kernel: spatial(context, 'ksize'),
      strides: spatial(context, 'strides'),
      dilations: [1, 1],
    };
    const { dilations: _, ...attributes } = windowAttributes(context, name, slide);
    return wrap(values.builder.node(op, [name], attributes));
  };

const batchNorm: Op = (context) => {
  const { values, node } = context;
  if (node.bool('is_training')) context.refuse('it normalises as in training');
  const { name, wrap } = imageOf(context, context.input(0));
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => context.own(index)) as [
    string,
    string,
    string,
    string,
  ];
  const attributes = { epsilon: float(node.float('epsilon', 1e-4)) };
  const inputs = [name, scale, offset, mean, variance];
  return wrap(values.builder.node('BatchNormalization', inputs, attributes));
};

const lrn: Op = (context) => {
  const { values, node } = context;
  const radius = node.int('depth_radius', 5);
  const size = 2 * radius + 1;
  if (radius < 0 || radius > 4096) throw new ConversionError(`${node.title} has an impossible radius.`);
  const attributes = {
    size: int(size),
    bias: float(node.float('bias', 1)),
    alpha: float(node.float('alpha', 1) * size),
    beta: float(node.float('beta', 0.5)),
  };
  return { channelsFirst: values.builder.node('LRN', [values.first(context.input(0))], attributes) };
};

export const CONVOLUTION: Ops = {
  Conv2D: conv2d,
  _FusedConv2D: (context) => fused(context, conv2d(context)),
  DepthwiseConv2d: depthwiseConv2d,
  DepthwiseConv2dNative: depthwiseConv2d,
  FusedDepthwiseConv2dNative: (context) => fused(context, depthwiseConv2d(context)),
  Conv2DBackpropInput: transposed,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LRN: lrn,
};
