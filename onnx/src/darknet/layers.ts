/** Darknet's layers as ONNX nodes. Sources: AlexeyAB/darknet src/parser.c and the layer's own file. */
import { ConversionError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { int, ints, string } from '../proto/attribute.js';
import { float32, int64, scalar } from '../proto/tensor.js';
import { activate } from './activation.js';
import type { Section } from './cfg.js';
import { connected, convolutional } from './convolution.js';
import { region, yolo } from './heads.js';
import { earlier, type LayerBuilder, type Network, refuse, sizeOf, strides } from './network.js';

/** Darknet pads `padding` pixels in all, half of it (rounded down) before. */
const pool =
  (op: 'MaxPool' | 'AveragePool'): LayerBuilder =>
  (network, section, x) => {
    refuse(section, 'maxpool_depth', 'antialiasing');
    const stride = strides(section);
    const size = section.int('size', section.int('stride', 1, 1, 1024), 1, 1024);
    const padding = section.int('padding', size - 1, 0, 2048);
    const before = Math.floor(padding / 2);
    const after = padding - before;
    if (after >= size)
      throw new ConversionError(`In ${section.name}, padding=${padding} is too much for size=${size}.`);
    const y = network.builder.node(op, [x], {
      kernel_shape: ints([size, size]),
      strides: ints([stride.y, stride.x]),
      pads: ints([before, before, after, after]),
    });
    sizeOf(network, y, section.name);
    return y;
  };

function sliceChannels(builder: GraphBuilder, x: string, start: number, end: number): string {
  return builder.node('Slice', [x, ...[[start], [end], [1]].map((v) => builder.constant(int64(v)))]);
}

const route: LayerBuilder = (network, section) => {
  const { builder } = network;
  const [groups, group] = [section.int('groups', 1, 1), section.int('group_id', 0)];
  const parts = section.numbers('layers').map((number) => {
    const from = earlier(network, section, number);
    if (groups === 1) return from;
    const each = Math.floor(sizeOf(network, from, section.name).c / groups);
    return sliceChannels(builder, from, group * each, (group + 1) * each);
  });
  if (parts.length === 0) throw new ConversionError(`In ${section.name}, layers= is missing.`);
  const sizes = parts.map((part) => sizeOf(network, part, section.name));
  const [first] = sizes;
  if (sizes.some(({ h, w }) => h !== first?.h || w !== first.w))
    throw new ConversionError(`In ${section.name}, layers of different sizes cannot be joined.`);
  if (parts.length === 1) return parts[0] as string;
  const joined = builder.node('Concat', parts, { axis: int(1) });
  sizeOf(network, joined, section.name);
  return joined;
};

/** Of a larger image every so many pixels are taken, as ResNet's shortcuts need. Source: shortcut_cpu in src/blas.c. */
function thinned(network: Network, section: Section, from: string, x: string): string {
  const { builder } = network;
  const [source, own] = [sizeOf(network, from, section.name), sizeOf(network, x, section.name)];
  const steps = [Math.floor(source.h / own.h), Math.floor(source.w / own.w)] as const;
  if (steps[0] !== steps[1] || steps[0] < 1)
    throw new ConversionError(`In ${section.name}, layers of different sizes cannot be added.`);
  if (source.h === own.h && source.w === own.w) return from;
  const ends = [own.h * steps[0], own.w * steps[1]];
  return builder.node('Slice', [
    from,
    ...[[0, 0], ends, [2, 3], steps].map((v) => builder.constant(int64(v))),
  ]);
}

/** The earlier layer's channels are cut or filled with zeros to the number that this one has. */
function fitted(network: Network, section: Section, from: string, x: string): string {
  const { builder } = network;
  const image = thinned(network, section, from, x);
  const [source, own] = [sizeOf(network, image, section.name), sizeOf(network, x, section.name)];
  if (source.c === own.c) return image;
  if (source.c > own.c) return sliceChannels(builder, image, 0, own.c);
  return builder.node('Pad', [image, builder.constant(int64([0, 0, 0, 0, 0, own.c - source.c, 0, 0]))]);
}

const shortcut: LayerBuilder = (network, section, x) => {
  refuse(section, 'weights_type', 'weights_normalization');
  const { builder } = network;
  const sources = section.numbers('from').map((number) => earlier(network, section, number));
  if (sources.length === 0) throw new ConversionError(`In ${section.name}, from= is missing.`);
  const sum = sources.reduce(
    (total, from) => builder.node('Add', [total, fitted(network, section, from, x)]),
    x,
  );
  return activate(builder, sum, section.text('activation', 'linear'), section.name);
};

/** [sam] and [scale_channels]: this layer's values (of every position, or one per channel) times an earlier layer's. */
const multiply: LayerBuilder = (network, section, x) => {
  refuse(section, 'scale_wh');
  const from = earlier(network, section, section.number('from', -1));
  const [own, source] = [sizeOf(network, x, section.name), sizeOf(network, from, section.name)];
  const fits = own.c === source.c && ((own.h === source.h && own.w === source.w) || own.h * own.w === 1);
  if (!fits) throw new ConversionError(`In ${section.name}, layers of different sizes cannot be multiplied.`);
  const y = network.builder.node('Mul', [from, x]);
  return activate(network.builder, y, section.text('activation', 'linear'), section.name);
};

const upsample: LayerBuilder = (network, section, x) => {
  const { builder } = network;
  const stride = section.int('stride', 2, 1, 64);
  const scales = builder.constant(float32([1, 1, stride, stride]));
  const attributes = {
    mode: string('nearest'),
    coordinate_transformation_mode: string('asymmetric'),
    nearest_mode: string('floor'),
  };
  const y = builder.node('Resize', [x, '', scales], attributes);
  sizeOf(network, y, section.name);
  const scale = section.number('scale', 1);
  return scale === 1 ? y : builder.node('Mul', [y, builder.constant(scalar(scale))]);
};

/** The proper reordering: blocks of stride × stride pixels become channels. */
const reorg3d: LayerBuilder = (network, section, x) => {
  const { builder } = network;
  const stride = section.int('stride', 1, 1, 64);
  refuse(section, 'reverse');
  const { h, w } = sizeOf(network, x, section.name);
  if (h % stride || w % stride)
    throw new ConversionError(`In ${section.name}, ${h} × ${w} cannot be divided by stride ${stride}.`);
  return builder.node('SpaceToDepth', [x], { blocksize: int(stride) });
};

/**
 * YOLOv2's reordering reads its input as if it had stride² fewer channels and stride times the height and width.
 * Source: reorg_cpu in src/blas.c as reorg_old_layer.c calls it.
 */
const reorg: LayerBuilder = (network, section, x) => {
  const { builder } = network;
  const stride = section.int('stride', 1, 1, 64);
  refuse(section, 'reverse');
  const { c, h, w } = sizeOf(network, x, section.name);
  if (c % stride ** 2 || h % stride || w % stride)
    throw new ConversionError(
      `In ${section.name}, ${c} × ${h} × ${w} cannot be divided by stride ${stride}.`,
    );
  const wide = builder.constant(int64([0, c / stride ** 2, h * stride, w * stride]));
  const deep = builder.node('SpaceToDepth', [builder.node('Reshape', [x, wide])], { blocksize: int(stride) });
  const shape = builder.constant(int64([0, c * stride ** 2, h / stride, w / stride]));
  return builder.node('Reshape', [deep, shape]);
};

const softmax: LayerBuilder = (network, section, x) => {
  refuse(section, 'tree');
  const { builder } = network;
  const groups = section.int('groups', 1, 1);
  const temperature = section.number('temperature', 1);
  const { c, h, w } = sizeOf(network, x, section.name);
  const spatial = section.int('spatial', 0) === 1;
  const scaled = temperature === 1 ? x : builder.node('Div', [x, builder.constant(scalar(temperature))]);
  if (spatial) return builder.node('Softmax', [scaled], { axis: int(1) });
  if ((c * h * w) % groups)
    throw new ConversionError(
      `In ${section.name}, ${c * h * w} values cannot be split into ${groups} groups.`,
    );
  const grouped = builder.node('Reshape', [
    scaled,
    builder.constant(int64([0, groups, (c * h * w) / groups])),
  ]);
  const shape = builder.constant(int64([0, c, h, w]));
  return builder.node('Reshape', [builder.node('Softmax', [grouped], { axis: int(2) }), shape]);
};

/** The middle of the image, with its levels from −1 to 1 unless `noadjust`. */
const crop: LayerBuilder = (network, section, x) => {
  const { builder } = network;
  const { h, w } = sizeOf(network, x, section.name);
  const [height, width] = [section.int('crop_height', 1, 1, h), section.int('crop_width', 1, 1, w)];
  const [top, left] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)];
  const bounds = [
    [top, left],
    [top + height, left + width],
    [2, 3],
  ].map((v) => builder.constant(int64(v)));
  const cut = builder.node('Slice', [x, ...bounds]);
  if (section.int('noadjust', 0) === 1) return cut;
  return builder.node('Sub', [
    builder.node('Mul', [cut, builder.constant(scalar(2))]),
    builder.constant(scalar(1)),
  ]);
};

const unchanged: LayerBuilder = (_, __, x) => x;
const named = (builder: LayerBuilder, ...names: string[]) => names.map((name) => [name, builder] as const);

export const LAYERS: ReadonlyMap<string, LayerBuilder> = new Map([
  ...named(convolutional, 'convolutional', 'conv'),
  ...named(connected, 'connected', 'conn'),
  ...named(pool('MaxPool'), 'maxpool', 'max', 'local_maxpool'),
  ...named(pool('AveragePool'), 'local_avgpool', 'local_avg'),
  ...named((network, _, x) => network.builder.node('GlobalAveragePool', [x]), 'avgpool', 'avg'),
  ...named(route, 'route'),
  ...named(shortcut, 'shortcut'),
  ...named(multiply, 'sam', 'scale_channels'),
  ...named(upsample, 'upsample'),
  ...named(reorg, 'reorg'),
  ...named(reorg3d, 'reorg3d'),
  ...named(softmax, 'softmax', 'soft'),
  ...named(crop, 'crop'),
  ...named(
    (network, section, x) => activate(network.builder, x, section.text('activation', 'linear'), section.name),
    'activation',
  ),
  ...named(unchanged, 'dropout', 'cost', 'empty', 'silence'),
  ...named(region, 'region'),
  ...named(yolo, 'yolo'),
]);
