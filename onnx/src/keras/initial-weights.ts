/** Fresh weights for a Keras config, drawn by a seed as the layers' initializers say. Source: keras/src/initializers. */
import { ConversionError, quote } from '../errors.js';
import { normal, uniform } from '../gradients/trainer/random.js';
import type { Shape } from '../graph/graph.js';
import { float32, type NumericTensor, sizeOf } from '../proto/tensor.js';
import type { WeightSource } from '../readers/weights.js';
import { isObject } from './config.js';
import { nameLayer } from './settings.js';
import type { LayerSpec } from './spec.js';

type Config = LayerSpec['config'];

const numberOf = (config: Config, key: string, otherwise: number) => {
  const value = config[key];
  return typeof value === 'number' ? value : otherwise;
};

function kernelSize({ kernel_size: size }: Config): [number, number] {
  if (Array.isArray(size)) return [Number(size[0]), Number(size[1])];
  return [Number(size ?? 1), Number(size ?? 1)];
}

/** Shapes of a layer's variables by their names. @param shape of its input, batch first, channels last */
type Shapes = (config: Config, channels: number, shape: Shape) => Readonly<Record<string, readonly number[]>>;

const perChannel: Shapes = (_, channels) =>
  Object.fromEntries(['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => [name, [channels]]));

const depthwise: Shapes = (config, channels) => {
  const multiplier = numberOf(config, 'depth_multiplier', 1);
  return {
    depthwise_kernel: [...kernelSize(config), channels, multiplier],
    bias: [channels * multiplier],
  };
};

const SHAPES: Readonly<Record<string, Shapes>> = {
  Conv2D: (config, channels) => {
    const filters = numberOf(config, 'filters', 1);
    return {
      kernel: [...kernelSize(config), channels / numberOf(config, 'groups', 1), filters],
      bias: [filters],
    };
  },
  Conv2DTranspose: (config, channels) => {
    const filters = numberOf(config, 'filters', 1);
    return { kernel: [...kernelSize(config), filters, channels], bias: [filters] };
  },
  DepthwiseConv2D: depthwise,
  SeparableConv2D: (config, channels) => {
    const filters = numberOf(config, 'filters', 1);
    const multiplier = numberOf(config, 'depth_multiplier', 1);
    return {
      ...depthwise(config, channels, []),
      pointwise_kernel: [1, 1, channels * multiplier, filters],
      bias: [filters],
    };
  },
  Dense: (config, channels) => {
    const units = numberOf(config, 'units', 1);
    return { kernel: [channels, units], bias: [units] };
  },
  BatchNormalization: perChannel,
  LayerNormalization: perChannel,
  LayerScale: perChannel,
  PReLU: ({ shared_axes: shared }, _, shape) => {
    const axes: unknown[] = Array.isArray(shared) ? shared : [];
    return { alpha: shape.slice(1).map((size, axis) => (axes.includes(axis + 1) ? 1 : Number(size))) };
  },
};

/** Inputs and outputs of one unit. Kernels of convolutions count their window. */
function fans(dims: readonly number[]): [number, number] {
  if (dims.length < 2) return [dims[0] ?? 1, dims[0] ?? 1];
  const window = sizeOf(dims.slice(0, -2));
  return [(dims.at(-2) as number) * window, (dims.at(-1) as number) * window];
}

type Draw = (dims: readonly number[], seeds: readonly number[], config: Config) => () => number;

function evenly(limit: number, seeds: readonly number[]): () => number {
  const draw = uniform(...seeds);
  return () => (draw() * 2 - 1) * limit;
}

/** Normal draws, those beyond two deviations drawn again. */
function truncated(deviation: number, seeds: readonly number[]): () => number {
  const draw = normal(...seeds);
  return () => {
    let value = draw();
    while (Math.abs(value) > 2) value = draw();
    return value * deviation;
  };
}

/** The deviation that a truncated normal distribution needs to have the deviation 1. */
const TRUNCATION = 0.87962566103423978;
const variance: Readonly<Record<string, (fanIn: number, fanOut: number) => number>> = {
  glorot: (fanIn, fanOut) => 2 / (fanIn + fanOut),
  he: (fanIn) => 2 / fanIn,
  lecun: (fanIn) => 1 / fanIn,
};
const scaled =
  (kind: string, shape: 'uniform' | 'normal'): Draw =>
  (dims, seeds) => {
    const wanted = (variance[kind] as (a: number, b: number) => number)(...fans(dims));
    return shape === 'uniform'
      ? evenly(Math.sqrt(3 * wanted), seeds)
      : truncated(Math.sqrt(wanted) / TRUNCATION, seeds);
  };
const constant =
  (value: number): Draw =>
  () =>
  () =>
    value;

const INITIALIZERS: Readonly<Record<string, Draw>> = {
  ...Object.fromEntries(
    Object.keys(variance).flatMap((kind) =>
      (['uniform', 'normal'] as const).map((shape) => [`${kind}${shape}`, scaled(kind, shape)]),
    ),
  ),
  zeros: constant(0),
  ones: constant(1),
  constant: (_, __, config) => () => numberOf(config, 'value', 0),
  randomnormal: (_, seeds, config) => {
    const draw = normal(...seeds);
    return () => numberOf(config, 'mean', 0) + draw() * numberOf(config, 'stddev', 0.05);
  },
  truncatednormal: (_, seeds, config) => truncated(numberOf(config, 'stddev', 0.05), seeds),
  randomuniform: (_, seeds, config) => {
    const [low, high] = [numberOf(config, 'minval', -0.05), numberOf(config, 'maxval', 0.05)];
    const draw = uniform(...seeds);
    return () => low + draw() * (high - low);
  },
};

/** What Keras takes where a config names no initializer. */
function usual(variable: string): string {
  if (variable.endsWith('kernel')) return 'glorot_uniform';
  return variable === 'gamma' || variable === 'moving_variance' ? 'ones' : 'zeros';
}

function initializerOf(layer: LayerSpec, variable: string): { draw: Draw; config: Config } {
  const given = layer.config[`${variable}_initializer`];
  const object = isObject(given) ? given : {};
  const name = String(typeof given === 'string' ? given : (object.class_name ?? usual(variable)));
  const draw = INITIALIZERS[name.toLowerCase().replaceAll('_', '')];
  if (!draw)
    throw new ConversionError(`${nameLayer(layer)} has the initializer ${quote(name)}, which is not known.`);
  return { draw, config: (isObject(object.config) ? object.config : {}) as Config };
}

/** The same seed gives the same weights for the same layers in the same order. */
export class InitialWeights implements WeightSource<LayerSpec> {
  readonly #seed: number;
  #drawn = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  read(layer: LayerSpec, variables: readonly string[], input: Shape = []): readonly NumericTensor[] {
    const channels = input.at(-1);
    const shapes = SHAPES[layer.className];
    if (!shapes || typeof channels !== 'number')
      throw new ConversionError(`${nameLayer(layer)} cannot be given fresh weights.`);
    const known = shapes(layer.config, channels, input);
    return variables.map((variable) => {
      const dims = known[variable];
      if (!dims?.every((size) => Number.isInteger(size) && size > 0))
        throw new ConversionError(`${nameLayer(layer)} has a ${variable} whose size is not known.`);
      const { draw, config } = initializerOf(layer, variable);
      this.#drawn += 1;
      const next = draw(dims, [this.#seed, this.#drawn], config);
      return float32(Float32Array.from({ length: sizeOf(dims) }, next), dims);
    });
  }
}
