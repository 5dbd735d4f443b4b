/** Operations that slide a window: convolutions and pools. Source: onnx/docs/Operators.md. */
import type { Dimension, Shape } from '../graph/graph.js';
import { type Attributes, intOf, intsOf, stringOf } from '../proto/attribute.js';
import { info, like, type Rule, type RuleContext } from './rule.js';

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Starts of all axes, then their ends. */
  readonly pads: readonly number[];
  readonly autoPad: string;
  readonly ceil: boolean;
}

/** A window's attributes with ONNX's defaults. */
export function windowOf(attributes: Attributes, kernel: readonly number[]): Window {
  const ones = kernel.map(() => 1);
  return {
    kernel,
    strides: intsOf(attributes, 'strides') ?? ones,
    dilations: intsOf(attributes, 'dilations') ?? ones,
    pads: intsOf(attributes, 'pads') ?? [...ones, ...ones].map(() => 0),
    autoPad: stringOf(attributes, 'auto_pad', 'NOTSET'),
    ceil: intOf(attributes, 'ceil_mode', 0) === 1,
  };
}

function windowedSize(size: Dimension, axis: number, window: Window): Dimension {
  const stride = window.strides[axis] ?? 1;
  if (window.autoPad.startsWith('SAME')) {
    if (stride === 1) return size;
    return typeof size === 'number' ? Math.ceil(size / stride) : null;
  }
  const span = (window.dilations[axis] ?? 1) * ((window.kernel[axis] ?? 1) - 1) + 1;
  const begin = window.pads[axis] ?? 0;
  const end = window.pads[axis + window.kernel.length] ?? 0;
  if (stride === 1 && begin + end === span - 1 && window.autoPad !== 'VALID') return size;
  if (typeof size !== 'number') return null;
  const room = size + (window.autoPad === 'VALID' ? 0 : begin + end) - span;
  if (!window.ceil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // A last window that begins beyond the input and its leading pad is dropped.
  return (count - 1) * stride >= size + begin ? count - 1 : count;
}

function kernelOf(context: RuleContext, weights: Shape | undefined): readonly number[] | undefined {
  const given = intsOf(context.node.attributes, 'kernel_shape');
  if (given) return given;
  const spatial = weights?.slice(2);
  return spatial?.every((size) => typeof size === 'number') ? (spatial as number[]) : undefined;
}

function slide(
  context: RuleContext,
  kernel: readonly number[] | undefined,
  channels?: Dimension,
): Shape | undefined {
  const shape = context.shape(0);
  if (!shape || !kernel || shape.length !== kernel.length + 2) return undefined;
  const window = windowOf(context.node.attributes, kernel);
  return [
    shape[0] as Dimension,
    channels === undefined ? (shape[1] as Dimension) : channels,
    ...shape.slice(2).map((size, axis) => windowedSize(size, axis, window)),
  ];
}

const convolution: Rule = (context) => {
  const weights = context.shape(1);
  return like(context, slide(context, kernelOf(context, weights), weights?.[0] ?? null));
};

const transposed: Rule = (context) => {
  const shape = context.shape(0);
  const weights = context.shape(1);
  const kernel = kernelOf(context, weights);
  if (!shape || !weights || !kernel) return like(context, undefined);
  const { attributes } = context.node;
  const { strides, dilations, pads, autoPad } = windowOf(attributes, kernel);
  const extra = intsOf(attributes, 'output_padding');
  const given = intsOf(attributes, 'output_shape');
  const sizes = shape.slice(2).map((size, axis) => {
    if (given) return given[given.length - kernel.length + axis] ?? null;
    if (typeof size !== 'number') return null;
    const stride = strides[axis] ?? 1;
    if (autoPad.startsWith('SAME')) return size * stride;
    const padded = autoPad === 'VALID' ? 0 : (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
    const span = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    return (size - 1) * stride + (extra?.[axis] ?? 0) + span - padded;
  });
  const channels = weights[1];
  const all = typeof channels === 'number' ? channels * intOf(attributes, 'group', 1) : null;
  return like(context, [shape[0] as Dimension, all, ...sizes]);
};

const pool: Rule = (context) => {
  const shape = slide(context, kernelOf(context, undefined));
  return [...like(context, shape), info('int64', shape)];
};

const globalPool: Rule = (context) => {
  const shape = context.shape(0);
  return like(context, shape && [...shape.slice(0, 2), ...shape.slice(2).map(() => 1)]);
};

export const WINDOW: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  ConvTranspose: transposed,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
};
