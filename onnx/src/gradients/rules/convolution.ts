/** Gradients of convolutions by their input, kernel and bias. */
import { int, ints } from '../../proto/attribute.js';
import { type Ops, upTo } from '../ops.js';
import { type GradientContext, type GradientRule, whereNeeded } from '../rule.js';
import { type Geometry, geometryOf, overhang, reach, spaceOf } from './geometry.js';
import { kernelGradient } from './kernel-gradient.js';

function kernelSizes({ ops, input }: GradientContext): number[] {
  return ops.sizes(input(1), upTo(ops.rank(input(1))).slice(2));
}

/**
 * Where the stride is 1 and the padding at least half of the kernel, a convolution with the flipped kernel is as fast as
 * the forward one and faster than ConvTranspose; with less padding the zeros around the gradient cost more.
 */
function flippingPays(geometry: Geometry): boolean {
  return geometry.kernel.every((_, axis) => {
    const room = reach(geometry, axis) - 1;
    const [before, after] = [geometry.before[axis] as number, geometry.after[axis] as number];
    const fits = before <= room && after <= room && before + after >= room;
    return geometry.strides[axis] === 1 && fits;
  });
}

function byFlipping(ops: Ops, dy: string, kernel: string, geometry: Geometry): string {
  const { group, dilations, before, after } = geometry;
  const [outputs, inner] = ops.sizes(kernel, [0, 1]) as [number, number];
  const space = spaceOf(geometry);
  const grouped = ops.reshape(kernel, [group, outputs / group, inner, ...geometry.kernel]);
  const order = [0, 2, 1, ...space.map((axis) => axis + 1)];
  const swapped = ops.reshape(ops.transpose(grouped, order), [
    inner * group,
    outputs / group,
    ...geometry.kernel,
  ]);
  const isPoint = geometry.kernel.every((size) => size === 1);
  const backward = space.map((axis) => ({ axis, start: -1, end: Number.MIN_SAFE_INTEGER, step: -1 }));
  const flipped = isPoint ? swapped : ops.slice(swapped, backward);
  const pads = [before, after].flatMap((side) => side.map((size, axis) => reach(geometry, axis) - 1 - size));
  return ops.node('Conv', [dy, flipped], {
    dilations: ints(dilations),
    group: int(group),
    pads: ints(pads),
    strides: ints(dilations.map(() => 1)),
  });
}

/** The pads of a window that reach exactly to the last element used, and how many elements lie behind it. */
function exactEnds(geometry: Geometry): { pads: number[]; unused: number[] } {
  const ends = geometry.kernel.map((_, axis) => overhang(geometry, axis));
  return {
    pads: [...geometry.before, ...ends.map((end) => Math.max(0, end))],
    unused: ends.map((end) => Math.max(0, -end)),
  };
}

/** The transposed convolution of a gradient: also that of an average pool, whose kernel is constant. */
export function transposed(ops: Ops, dy: string, kernel: string, geometry: Geometry): string {
  const { pads, unused } = exactEnds(geometry);
  const fits = unused.every((size, axis) => size < (geometry.strides[axis] as number));
  const result = ops.node('ConvTranspose', [dy, kernel], {
    dilations: ints(geometry.dilations),
    group: int(geometry.group),
    pads: ints(pads),
    strides: ints(geometry.strides),
    output_padding: ints(fits ? unused : unused.map(() => 0)),
  });
  return fits ? result : ops.pad(result, [0, 0, ...unused.map(() => 0)], [0, 0, ...unused]);
}

const biasGradient = (ops: Ops, gradient: string, geometry: Geometry) =>
  ops.sum(gradient, [0, ...spaceOf(geometry)], false);

const convolution: GradientRule = (context) => {
  const { ops } = context;
  const dy = context.gradient() as string;
  const [x, kernel] = [context.input(0), context.input(1)];
  const geometry = geometryOf(context, kernelSizes(context), x, context.output());
  const [channels] = ops.sizes(x, [1]) as [number];
  const [outputs] = ops.sizes(kernel, [0]) as [number];
  const byInput = flippingPays(geometry) ? byFlipping : transposed;
  return [
    whereNeeded(context, 0, () => byInput(ops, dy, kernel, geometry)),
    whereNeeded(context, 1, () => kernelGradient({ ops, x, dy, channels, outputs, geometry })),
    whereNeeded(context, 2, () => biasGradient(ops, dy, geometry)),
  ];
};

/** A transposed convolution is a convolution's gradient: its own is that convolution, with input and output swapped. */
const convolutionTransposed: GradientRule = (context) => {
  const { ops } = context;
  const dy = context.gradient() as string;
  const [x, kernel] = [context.input(0), context.input(1)];
  const geometry = geometryOf(context, kernelSizes(context), context.output(), x);
  const [outputs] = ops.sizes(x, [1]) as [number];
  const [channels] = ops.sizes(context.output(), [1]) as [number];
  const { pads } = exactEnds(geometry);
  const attributes = {
    dilations: ints(geometry.dilations),
    group: int(geometry.group),
    pads: ints(pads),
    strides: ints(geometry.strides),
  };
  return [
    whereNeeded(context, 0, () => ops.node('Conv', [dy, kernel], attributes)),
    whereNeeded(context, 1, () => kernelGradient({ ops, x: dy, dy: x, channels, outputs, geometry })),
    whereNeeded(context, 2, () => biasGradient(ops, dy, geometry)),
  ];
};

export const CONVOLUTION: Readonly<Record<string, GradientRule>> = {
  Conv: convolution,
  ConvTranspose: convolutionTransposed,
};
