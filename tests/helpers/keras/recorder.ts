/**
 * Models with random weights, as Keras 2 or 3 would describe them, and computed by plain loops: a file and its right
 * answers. A method for each layer.
 */
import {
  type Array3,
  affine,
  alongLast,
  combine,
  concatLast,
  conv,
  dense,
  depthwise,
  enlarge,
  globalPool,
  map,
  pad,
  pool,
} from './compute.js';
import { activate } from './formulas.js';
import { Recording, type Tensor } from './recording.js';

export type { Tensor } from './recording.js';

interface ConvOptions {
  readonly strides?: number;
  readonly padding?: 'same' | 'valid';
  readonly groups?: number;
  readonly dilation?: number;
  readonly bias?: boolean;
  readonly activation?: string;
  readonly name?: string;
}

export class Recorder extends Recording {
  conv(
    x: Tensor,
    filters: number,
    size: number | readonly [number, number],
    options: ConvOptions = {},
  ): Tensor {
    const {
      strides = 1,
      padding = 'same',
      groups = 1,
      dilation = 1,
      bias = false,
      activation = 'linear',
    } = options;
    const channels = (x.value.shape[2] as number) / groups;
    const [rows, columns] = typeof size === 'number' ? [size, size] : size;
    const spread = 2 / Math.sqrt(rows * columns * channels);
    const kernel = this.weight('kernel', [rows, columns, channels, filters], spread);
    const weights = bias ? [kernel, this.weight('bias', [filters])] : [kernel];
    const sliding = { strides: [strides, strides] as const, padding, dilation };
    return this.add(
      'Conv2D',
      [x],
      ([value]) => activate(conv(value as Array3, kernel, weights[1]?.data, sliding, groups), activation),
      {
        ...(options.name ? { name: options.name } : {}),
        weights,
        config: {
          filters,
          kernel_size: [rows, columns],
          strides: [strides, strides],
          padding,
          data_format: 'channels_last',
          dilation_rate: [dilation, dilation],
          groups,
          activation,
          use_bias: bias,
        },
      },
    );
  }

  depthwise(x: Tensor, size: number, options: ConvOptions & { multiplier?: number } = {}): Tensor {
    const { strides = 1, padding = 'same', bias = false, activation = 'linear', multiplier = 1 } = options;
    const channels = x.value.shape[2] as number;
    const kernel = this.weight('depthwise_kernel', [size, size, channels, multiplier], 2 / size);
    const weights = bias ? [kernel, this.weight('bias', [channels * multiplier])] : [kernel];
    const sliding = { strides: [strides, strides] as const, padding };
    return this.add(
      'DepthwiseConv2D',
      [x],
      ([value]) => activate(depthwise(value as Array3, kernel, weights[1]?.data, sliding), activation),
      {
        ...(options.name ? { name: options.name } : {}),
        weights,
        config: {
          kernel_size: [size, size],
          strides: [strides, strides],
          padding,
          data_format: 'channels_last',
          depth_multiplier: multiplier,
          activation,
          use_bias: bias,
        },
      },
    );
  }

  separable(x: Tensor, filters: number, size: number, options: ConvOptions = {}): Tensor {
    const { strides = 1, padding = 'same', bias = false } = options;
    const channels = x.value.shape[2] as number;
    const first = this.weight('depthwise_kernel', [size, size, channels, 1], 2 / size);
    const second = this.weight('pointwise_kernel', [1, 1, channels, filters], 2 / Math.sqrt(channels));
    const weights = bias ? [first, second, this.weight('bias', [filters])] : [first, second];
    const one = { strides: [1, 1] as const, padding: 'valid' };
    return this.add(
      'SeparableConv2D',
      [x],
      ([value]) => {
        const between = depthwise(value as Array3, first, undefined, {
          strides: [strides, strides],
          padding,
        });
        return conv(between, second, weights[2]?.data, one);
      },
      {
        ...(options.name ? { name: options.name } : {}),
        weights,
        config: {
          filters,
          kernel_size: [size, size],
          strides: [strides, strides],
          padding,
          data_format: 'channels_last',
          depth_multiplier: 1,
          activation: 'linear',
          use_bias: bias,
        },
      },
    );
  }

  norm(
    x: Tensor,
    options: { scale?: boolean; epsilon?: number; axis?: unknown; name?: string } = {},
  ): Tensor {
    const { scale = true, epsilon = 1e-3, axis = [x.value.shape.length] } = options;
    const channels = x.value.shape.at(-1) as number;
    const gamma = this.weight('gamma', [channels], 0.5, 1);
    const beta = this.weight('beta', [channels]);
    const mean = this.weight('moving_mean', [channels], 0.5, 0, false);
    const variance = this.weight('moving_variance', [channels], 0.5, 1, false);
    const factors = variance.data.map(
      (v, i) => (scale ? (gamma.data[i] as number) : 1) / Math.sqrt(v + epsilon),
    );
    const summands = factors.map((f, i) => (beta.data[i] as number) - (mean.data[i] as number) * f);
    return this.add('BatchNormalization', [x], ([value]) => affine(value as Array3, factors, summands), {
      ...(options.name ? { name: options.name } : {}),
      weights: scale ? [gamma, beta, mean, variance] : [beta, mean, variance],
      config: { axis, momentum: 0.99, epsilon, center: true, scale },
    });
  }

  layerNorm(x: Tensor, epsilon = 1e-6): Tensor {
    const channels = x.value.shape.at(-1) as number;
    const gamma = this.weight('gamma', [channels], 0.5, 1);
    const beta = this.weight('beta', [channels]);
    const normal = (values: readonly number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return values.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
    };
    return this.add(
      'LayerNormalization',
      [x],
      ([value]) => affine(alongLast(value as Array3, normal), gamma.data, beta.data),
      { weights: [gamma, beta], config: { axis: [-1], epsilon, center: true, scale: true } },
    );
  }

  dense(x: Tensor, units: number, activation = 'linear', name?: string): Tensor {
    const from = x.value.shape.at(-1) as number;
    const kernel = this.weight('kernel', [from, units], 2 / Math.sqrt(from));
    const bias = this.weight('bias', [units]);
    return this.add(
      'Dense',
      [x],
      ([value]) => activate(dense(value as Array3, kernel, bias.data), activation),
      {
        ...(name ? { name } : {}),
        weights: [kernel, bias],
        config: { units, activation, use_bias: true },
      },
    );
  }

  activation(x: Tensor, activation: string): Tensor {
    return this.add('Activation', [x], ([value]) => activate(value as Array3, activation), {
      config: { activation },
    });
  }

  relu(x: Tensor, most?: number): Tensor {
    return this.add('ReLU', [x], ([value]) => activate(value as Array3, most === 6 ? 'relu6' : 'relu'), {
      config: { max_value: most ?? null, negative_slope: 0, threshold: 0 },
    });
  }

  pool(
    x: Tensor,
    kind: 'Max' | 'Average',
    size: number,
    strides: number,
    padding: 'same' | 'valid' = 'valid',
  ): Tensor {
    return this.add(
      `${kind}Pooling2D`,
      [x],
      ([value]) =>
        pool(value as Array3, [size, size], { strides: [strides, strides], padding }, kind === 'Average'),
      {
        config: {
          pool_size: [size, size],
          strides: [strides, strides],
          padding,
          data_format: 'channels_last',
        },
      },
    );
  }

  globalPool(x: Tensor, kind: 'Max' | 'Average' = 'Average', keepdims = false): Tensor {
    return this.add(
      `Global${kind}Pooling2D`,
      [x],
      ([value]) => {
        const data = globalPool(value as Array3, kind === 'Average');
        return { shape: keepdims ? [1, 1, data.length] : [data.length], data };
      },
      { config: { data_format: 'channels_last', keepdims } },
    );
  }

  merge(kind: 'Add' | 'Multiply' | 'Subtract' | 'Maximum', parts: readonly Tensor[], name?: string): Tensor {
    const formulas = {
      Add: (a: number, b: number) => a + b,
      Multiply: (a: number, b: number) => a * b,
      Subtract: (a: number, b: number) => a - b,
      Maximum: Math.max,
    };
    return this.add(kind, parts, (values) => values.reduce((a, b) => combine(a, b, formulas[kind])), {
      ...(name ? { name } : {}),
    });
  }

  concat(parts: readonly Tensor[]): Tensor {
    return this.add('Concatenate', parts, concatLast, { config: { axis: -1 } });
  }

  margins(
    x: Tensor,
    kind: 'ZeroPadding2D' | 'Cropping2D',
    [[t, b], [l, r]]: [[number, number], [number, number]],
  ): Tensor {
    const sign = kind === 'Cropping2D' ? -1 : 1;
    const key = kind === 'Cropping2D' ? 'cropping' : 'padding';
    return this.add(
      kind,
      [x],
      ([value]) =>
        pad(value as Array3, [
          [sign * t, sign * b],
          [sign * l, sign * r],
        ]),
      {
        config: {
          [key]: [
            [t, b],
            [l, r],
          ],
          data_format: 'channels_last',
        },
      },
    );
  }

  enlarge(x: Tensor, factor: number): Tensor {
    return this.add('UpSampling2D', [x], ([value]) => enlarge(value as Array3, factor), {
      config: { size: [factor, factor], data_format: 'channels_last', interpolation: 'nearest' },
    });
  }

  reshape(x: Tensor, shape: readonly number[]): Tensor {
    return this.add('Reshape', [x], ([value]) => ({ shape, data: (value as Array3).data }), {
      config: { target_shape: shape },
    });
  }

  flatten(x: Tensor): Tensor {
    return this.add(
      'Flatten',
      [x],
      ([value]) => ({ shape: [(value as Array3).data.length], data: (value as Array3).data }),
      {
        config: { data_format: 'channels_last' },
      },
    );
  }

  /** A layer that changes nothing at inference. */
  nothing(x: Tensor, className: string, config: Readonly<Record<string, unknown>> = {}): Tensor {
    return this.add(className, [x], ([value]) => value as Array3, { config });
  }

  rescale(x: Tensor, scale: number | readonly number[], offset: number | readonly number[] = 0): Tensor {
    const channels = x.value.shape.at(-1) as number;
    const each = (value: number | readonly number[]) =>
      typeof value === 'number' ? Array<number>(channels).fill(value) : value;
    return this.add('Rescaling', [x], ([value]) => affine(value as Array3, each(scale), each(offset)), {
      config: { scale, offset },
    });
  }

  /** An operation with a number: `x + 3` in Keras 2 as TFOpLambda, in Keras 3 as a class of its own. */
  operation(x: Tensor, op: 'add' | 'multiply', by: number): Tensor {
    const apply = op === 'add' ? (value: number) => value + by : (value: number) => value * by;
    return this.add(
      op === 'add' ? 'op:__operators__.add' : 'op:math.multiply',
      [x],
      ([value]) => map(value as Array3, apply),
      {
        extra: [by],
        kwargs: { y: by, name: null },
      },
    );
  }

  /** `a + b` or `a * b` of two tensors, as an operation. */
  operationOf(op: 'add' | 'multiply', a: Tensor, b: Tensor): Tensor {
    const apply = op === 'add' ? (x: number, y: number) => x + y : (x: number, y: number) => x * y;
    const name = op === 'add' ? 'op:__operators__.add' : 'op:math.multiply';
    return this.add(name, [a, b], ([x, y]) => combine(x as Array3, y as Array3, apply));
  }

  /** ConvNeXt's factor per channel. */
  layerScale(x: Tensor): Tensor {
    const gamma = this.weight('gamma', [x.value.shape.at(-1) as number]);
    const none = new Float32Array(gamma.data.length);
    return this.add('LayerScale', [x], ([value]) => affine(value as Array3, gamma.data, none), {
      weights: [gamma],
      config: { init_values: 1e-6, projection_dim: gamma.data.length },
    });
  }

  /** Adds a scaled branch, as Inception-ResNet does in the given version. */
  addScaled(straight: Tensor, branch: Tensor, scale: number, dialect: 2 | 3, name: string): Tensor {
    const config =
      dialect === 3
        ? { scale }
        : { function: ['4wEAAAA=', null, null], function_type: 'lambda', arguments: { scale } };
    return this.add(
      dialect === 3 ? 'CustomScaleLayer' : 'Lambda',
      [straight, branch],
      ([x, y]) => combine(x as Array3, y as Array3, (a, b) => a + b * scale),
      { name, config },
    );
  }

  /** Image networks' usual Normalization with its statistics in the config or as weights. */
  normalize(x: Tensor, stored: boolean): Tensor {
    const channels = x.value.shape.at(-1) as number;
    const mean = this.weight('mean', [channels], 1, 0.5, false);
    const variance = this.weight('variance', [channels], 0.5, 1, false);
    const factors = variance.data.map((value) => 1 / Math.sqrt(value));
    const summands = factors.map((factor, index) => -(mean.data[index] as number) * factor);
    const counter = this.weight('count', [], 1, 0, false);
    return this.add('Normalization', [x], ([value]) => affine(value as Array3, factors, summands), {
      weights: stored ? [] : [mean, variance, counter],
      config: { axis: [-1], ...(stored ? { mean: [...mean.data], variance: [...variance.data] } : {}) },
    });
  }

  relu6Operation(x: Tensor): Tensor {
    return this.add('op:nn.relu6', [x], ([value]) => activate(value as Array3, 'relu6'));
  }
}
