/** Darknet's layers with weights. Sources: AlexeyAB/darknet src/convolutional_layer.c, connected_layer.c, parser.c. */
import { ConversionError } from '../errors.js';
import { int, ints } from '../proto/attribute.js';
import { float32, int64 } from '../proto/tensor.js';
import { activate } from './activation.js';
import { type LayerBuilder, refuse, sizeOf, strides } from './network.js';

/** Added to the variance; darknet has no other. */
const EPSILON = 1e-5;

interface Scaled {
  /** Per filter: by what its weights are multiplied. */
  readonly factor: Float64Array;
  readonly bias: Float32Array;
}

/** Batch normalisation as a factor and a bias per filter, computed in double precision. */
function normalisation(biases: Float32Array, parts: readonly Float32Array[]): Scaled {
  const [scales, means, variances] = parts as [Float32Array, Float32Array, Float32Array];
  const factor = Float64Array.from(scales, (scale, i) => scale / Math.sqrt((variances[i] ?? 0) + EPSILON));
  const bias = Float32Array.from(biases, (value, i) => value - (means[i] ?? 0) * (factor[i] ?? 0));
  return { factor, bias };
}

function multiplied(weights: Float32Array, { factor }: Scaled): Float32Array {
  const each = weights.length / factor.length;
  return weights.map((value, index) => value * (factor[Math.floor(index / each)] as number));
}

export const convolutional: LayerBuilder = (network, section, x) => {
  refuse(
    section,
    'binary',
    'xnor',
    'antialiasing',
    'share_index',
    'flipped',
    'deform',
    'sway',
    'rotate',
    'stretch',
  );
  refuse(section, 'assisted_excitation', 'coordconv');
  const { builder, weights } = network;
  const { c } = sizeOf(network, x, section.name);
  const [filters, size] = [section.int('filters', 1, 1), section.int('size', 1, 1, 255)];
  const [groups, dilation] = [section.int('groups', 1, 1), section.int('dilation', 1, 1, 255)];
  const normalised = section.int('batch_normalize', 0, 0, 1) === 1;
  const padding = section.int('pad', 0) ? Math.floor(size / 2) : section.int('padding', 0, 0, 255);
  if (c % groups || filters % groups)
    throw new ConversionError(
      `In ${section.name}, ${c} channels and ${filters} filters cannot be split into ${groups} groups.`,
    );
  const biases = weights.take(filters, section.name);
  const parts = normalised ? [0, 1, 2].map(() => weights.take(filters, section.name)) : [];
  let kernel = weights.take((c / groups) * filters * size * size, section.name);
  let bias = biases;
  if (normalised) {
    const scaled = normalisation(biases, parts);
    kernel = multiplied(kernel, scaled);
    bias = scaled.bias;
  }
  const stride = strides(section);
  const wish = `layer${section.index}`;
  const inputs = [
    x,
    builder.constant(float32(kernel, [filters, c / groups, size, size]), `${wish}_weights`),
    builder.constant(float32(bias), `${wish}_bias`),
  ];
  const attributes = {
    kernel_shape: ints([size, size]),
    strides: ints([stride.y, stride.x]),
    dilations: ints([dilation, dilation]),
    pads: ints(Array(4).fill(padding * dilation)),
    group: int(groups),
  };
  const y = builder.node('Conv', inputs, attributes, wish);
  sizeOf(network, y, section.name);
  return activate(builder, y, section.text('activation', 'logistic'), section.name);
};

export const connected: LayerBuilder = (network, section, x) => {
  const { builder, weights } = network;
  const { c, h, w } = sizeOf(network, x, section.name);
  const [inputs, outputs] = [c * h * w, section.int('output', 1, 1)];
  const biases = weights.take(outputs, section.name);
  let matrix = weights.take(inputs * outputs, section.name);
  const normalised = section.int('batch_normalize', 0, 0, 1) === 1;
  let bias = biases;
  if (weights.transposed)
    matrix = matrix.map((_, at) => matrix[(at % inputs) * outputs + Math.floor(at / inputs)] as number);
  if (normalised) {
    const scaled = normalisation(
      biases,
      [0, 1, 2].map(() => weights.take(outputs, section.name)),
    );
    matrix = multiplied(matrix, scaled);
    bias = scaled.bias;
  }
  const wish = `layer${section.index}`;
  const flat = builder.node('Flatten', [x], { axis: int(1) });
  const constants = [
    builder.constant(float32(matrix, [outputs, inputs]), `${wish}_weights`),
    builder.constant(float32(bias), `${wish}_bias`),
  ];
  const y = builder.node('Gemm', [flat, ...constants], { transB: int(1) }, wish);
  const shaped = builder.node('Reshape', [y, builder.constant(int64([0, outputs, 1, 1]))]);
  return activate(builder, shaped, section.text('activation', 'logistic'), section.name);
};
