/** Layers that prepare pixels. Source: keras/src/layers/preprocessing. */
import { int, ints } from '../../proto/attribute.js';
import { reshape } from '../../proto/permute.js';
import { float32, type NumericTensor, toFloat32 } from '../../proto/tensor.js';
import type { LayerValue } from '../layer-graph.js';
import { alignedConstant, numbersOf } from './broadcast.js';
import { imageInput, type LayerContext, type LayerKind, movedImage, only } from './layer-kind.js';
import { resize } from './resize.js';
import { cropMiddle, cropToRatio, padToRatio } from './window.js';

/** A setting that is one number, a list, or a wrapped tensor of numbers. */
function numbersSetting(context: LayerContext, key: string, otherwise: number): NumericTensor {
  const raw = context.settings.raw(key) ?? otherwise;
  return numbersOf(raw) ?? context.settings.refuse(`has no usable ${JSON.stringify(key)}`);
}

/** Multiplies or adds a constant, in the value's own layout. */
function combine(
  context: LayerContext,
  value: LayerValue,
  op: 'Mul' | 'Add' | 'Sub',
  key: string,
  by: NumericTensor,
): LayerValue {
  const rank = context.graph.rankOf(value);
  const constant = context.constant(`${key}_${value.channelsFirst}`, () =>
    alignedConstant(by, rank, value.channelsFirst),
  );
  return { name: context.node(op, [value.name, constant]), channelsFirst: value.channelsFirst };
}

const rescaling: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const scale = numbersSetting(context, 'scale', 1);
    const offset = numbersSetting(context, 'offset', 0);
    const scaled = combine(context, value, 'Mul', 'scale', scale);
    const zero = toFloat32(offset).every((number) => number === 0);
    return zero ? scaled : combine(context, scaled, 'Add', 'offset', offset);
  },
};

/** Without statistics in its config the layer has learned them. */
const adapted = (config: Readonly<Record<string, unknown>>) =>
  config.mean === null ||
  config.mean === undefined ||
  config.variance === null ||
  config.variance === undefined;

/** Shape that broadcasts one number per index of the kept axes against the input. */
function keptShape(context: LayerContext, value: LayerValue, count: number): number[] {
  const { graph, settings } = context;
  const shape = graph.shapeOf(value);
  const raw = settings.raw('axis');
  const axes = raw === null ? [] : settings.integers('axis', [-1]);
  const kept = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  if (kept.size > 1 && count > 1)
    return shape.map((size, axis) => (kept.has(axis) && typeof size === 'number' ? size : 1));
  return shape.map((_, axis) => (kept.has(axis) ? count : 1));
}

function statistics(context: LayerContext): readonly [NumericTensor, NumericTensor] {
  if (!adapted(context.layer.config))
    return [numbersSetting(context, 'mean', 0), numbersSetting(context, 'variance', 1)];
  const [mean, variance] = context.weights(['mean', 'variance', 'count']);
  return [mean as NumericTensor, variance as NumericTensor];
}

/** (x − mean) / max(√variance, 1e-7), or the way back. */
const normalization: LayerKind = {
  variables: (layer) => (adapted(layer.config) ? ['mean', 'variance', 'count'] : []),
  build(context, inputs) {
    const value = only(context, inputs);
    const [mean, variance] = statistics(context);
    const shaped = (numbers: Float32Array) => {
      const dims = keptShape(context, value, numbers.length);
      if (dims.reduce((total, size) => total * size, 1) !== numbers.length)
        context.settings.refuse(`has ${numbers.length} means where its input asks for another number`);
      return reshape(float32(numbers), dims);
    };
    const deviations = toFloat32(variance).map((number) => Math.max(Math.sqrt(number), 1e-7));
    const means = toFloat32(mean);
    if (context.settings.flag('invert', false)) {
      const spread = combine(context, value, 'Mul', 'deviation', shaped(deviations));
      return combine(context, spread, 'Add', 'mean', shaped(means));
    }
    const centred = combine(context, value, 'Sub', 'mean', shaped(means));
    return combine(context, centred, 'Mul', 'factor', shaped(deviations.map((number) => 1 / number)));
  },
};

const resizing: LayerKind = {
  build(context, inputs) {
    const { settings } = context;
    const target = [settings.integer('height', 1), settings.integer('width', 1)] as const;
    const value = only(context, inputs);
    const image = imageInput(context, value);
    const fitted = fitTo(context, image.name, target);
    const [filter, antialias] = [
      settings.text('interpolation', 'bilinear'),
      settings.flag('antialias', false),
    ] as const;
    return movedImage(context, value, resize(context, fitted, target, filter, antialias));
  },
};

function fitTo(context: LayerContext, x: string, target: readonly [number, number]): string {
  const { settings } = context;
  if (settings.flag('crop_to_aspect_ratio', false)) return cropToRatio(context, x, target);
  if (!settings.flag('pad_to_aspect_ratio', false)) return x;
  if (settings.text('fill_mode', 'constant') !== 'constant')
    settings.refuse('pads with something else than a constant');
  return padToRatio(context, x, target, settings.number('fill_value', 0));
}

/** Cuts the middle out, or fits a smaller image as Resizing with a crop does. */
const centerCrop: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const target = [context.settings.integer('height', 1), context.settings.integer('width', 1)] as const;
    const image = imageInput(context, value);
    // Where the window has the target's size already, resizing changes nothing.
    const window = cropMiddle(context, image.name, target);
    return movedImage(context, value, resize(context, window, target, 'bilinear'));
  },
};

/** Divides by the length of the vectors along an axis. */
const unitNormalization: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const axes = context.settings.integers('axis', [-1]).map((axis) => context.graph.axisOf(value, axis));
    const length = context.node('ReduceL2', [value.name], { axes: ints(axes), keepdims: int(1) });
    const least = context.constant('least', () => float32([1e-6], []));
    const divisor = context.node('Max', [length, least]);
    return { name: context.node('Div', [value.name, divisor]), channelsFirst: value.channelsFirst };
  },
};

export const PREPROCESSING: Readonly<Record<string, LayerKind>> = {
  Rescaling: rescaling,
  Normalization: normalization,
  Resizing: resizing,
  CenterCrop: centerCrop,
  UnitNormalization: unitNormalization,
};
