/**
 * The gradient of a convolution by its kernel, in five forms that give the same numbers at different speeds. Which one
 * is taken follows measurements of onnxruntime-node on one core (scripts/gradient-forms.mjs prints them):
 * GFLOP/s for batches of 32 at up to 64², of 8 above.
 *
 * | kernel, channels, size        | offsets | columns | channels last | swapped |
 * | ----------------------------- | ------: | ------: | ------------: | ------: |
 * | 3×3, 3→16, 64²                |      11 |      26 |             8 |      15 |
 * | 7×7 stride 2, 3→64, 224²      |      15 |      28 |             8 |      53 |
 * | 3×3, 24→24, 32²               |      40 |      27 |            32 |      18 |
 * | 3×3, 48→48, 16²               |      60 |      46 |            57 |      31 |
 * | 3×3, 96→96, 8²                |      64 |      59 |            86 |      46 |
 * | 3×3, 256→256, 14²             |      85 |      81 |            96 |      65 |
 * | 3×3, 64→64, 56²               |      86 |      49 |            67 |      39 |
 * | 3×3 stride 2, 24→48, 32²      |      23 |      19 |            36 |      17 |
 * | 1×1, 64→256, 56²              |     139 |     130 |            46 |      12 |
 */
import { int, ints } from '../../proto/attribute.js';
import { type Ops, upTo } from '../ops.js';
import { type Geometry, overhang, spaceOf } from './geometry.js';

export interface KernelGradientInput {
  readonly ops: Ops;
  /** The convolution's input, [batch, channels, …large]. */
  readonly x: string;
  /** The gradient by its output, [batch, outputs, …small]. */
  readonly dy: string;
  readonly channels: number;
  readonly outputs: number;
  readonly geometry: Geometry;
}

export type KernelGradientForm = 'offsets' | 'columns' | 'channelsLast' | 'swapped' | 'products';

const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);

/** Positions of the kernel's elements, the last axis fastest. */
function offsets(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (all, size) => all.flatMap((position) => upTo(size).map((at) => [...position, at])),
    [[]],
  );
}

/** The input padded so that every window lies inside. @param axes its spatial axes @param rank of the input */
function padded(ops: Ops, x: string, geometry: Geometry, axes: readonly number[]): string {
  const rank = geometry.kernel.length + 2;
  const along = (amount: (axis: number) => number) =>
    upTo(rank).map((axis) => (axes.includes(axis) ? amount(axes.indexOf(axis)) : 0));
  return ops.pad(
    x,
    along((axis) => geometry.before[axis] as number),
    along((axis) => Math.max(0, overhang(geometry, axis))),
  );
}

/** What each element of the kernel is multiplied with: as many shifted views of the input as the kernel has elements. */
function shifted(ops: Ops, x: string, geometry: Geometry, axes: readonly number[]): string[] {
  const source = padded(ops, x, geometry, axes);
  const whole = axes.every(
    (_, index) =>
      geometry.kernel[index] === 1 &&
      geometry.strides[index] === 1 &&
      geometry.small[index] === geometry.large[index],
  );
  if (whole) return [source];
  return offsets(geometry.kernel).map((position) =>
    ops.slice(
      source,
      axes.map((axis, index) => {
        const step = geometry.strides[index] as number;
        const start = (position[index] as number) * (geometry.dilations[index] as number);
        return { axis, start, end: start + ((geometry.small[index] as number) - 1) * step + 1, step };
      }),
    ),
  );
}

/** [elements of the kernel, outputs, channels] to the kernel's own order. */
function ordered({ ops, outputs, channels, geometry }: KernelGradientInput, stacked: string): string {
  const elements = product(geometry.kernel);
  const inner = channels / geometry.group;
  const cube = ops.reshape(stacked, [elements, outputs, inner]);
  return ops.reshape(ops.transpose(cube, [1, 2, 0]), [outputs, inner, ...geometry.kernel]);
}

/** One batched product over positions for each element of the kernel. */
function byOffsets(input: KernelGradientInput): string {
  const { ops, channels, outputs, geometry } = input;
  const { group } = geometry;
  const positions = product(geometry.small);
  const dy = ops.reshape(input.dy, [-1, group, outputs / group, positions]);
  const parts = shifted(ops, input.x, geometry, spaceOf(geometry)).map((view) => {
    const x = ops.reshape(view, [-1, group, channels / group, positions]);
    return ops.sum(ops.node('MatMul', [dy, ops.transpose(x, [0, 1, 3, 2])]), [0]);
  });
  return ordered(input, ops.concat(parts, 0));
}

/** All shifted views beside each other in one product. */
function byColumns(input: KernelGradientInput): string {
  const { ops, channels, outputs, geometry } = input;
  const positions = product(geometry.small);
  const elements = product(geometry.kernel);
  const views = ops.concat(shifted(ops, input.x, geometry, spaceOf(geometry)), 1);
  const columns = ops.reshape(views, [-1, elements * channels, positions]);
  const dy = ops.reshape(input.dy, [-1, outputs, positions]);
  const total = ops.sum(ops.node('MatMul', [dy, ops.transpose(columns, [0, 2, 1])]), [0], false);
  const cube = ops.transpose(ops.reshape(total, [outputs, elements, channels]), [1, 0, 2]);
  return ordered(input, cube);
}

/** With channels last a shifted view is copied in longer runs, and all images make one product. */
function byChannelsLast(input: KernelGradientInput): string {
  const { ops, channels, outputs, geometry } = input;
  const space = spaceOf(geometry);
  const order = [0, ...space, 1];
  const dy = ops.reshape(ops.transpose(input.dy, order), [-1, outputs]);
  const axes = space.map((axis) => axis - 1);
  const parts = shifted(ops, ops.transpose(input.x, order), geometry, axes).map((view) => {
    const x = ops.reshape(view, [-1, channels]);
    return ops.reshape(ops.node('Gemm', [dy, x], { transA: int(1) }), [1, outputs, channels]);
  });
  return ordered(input, ops.concat(parts, 0));
}

/** A convolution over the batch: the output's gradient is its kernel, strides and dilations change places. */
function bySwapping(input: KernelGradientInput): string {
  const { ops, geometry } = input;
  const space = spaceOf(geometry);
  const order = [1, 0, ...space];
  const result = ops.node('Conv', [ops.transpose(input.x, order), ops.transpose(input.dy, order)], {
    dilations: ints(geometry.strides),
    strides: ints(geometry.dilations),
    pads: ints([...geometry.before, ...space.map((_, axis) => Math.max(0, overhang(geometry, axis)))]),
  });
  const exact = space.map((axis, index) => ({ axis, start: 0, end: geometry.kernel[index] as number }));
  return ops.transpose(ops.slice(result, exact), order);
}

/** A depthwise kernel: products summed over batch and space. */
function byProducts(input: KernelGradientInput): string {
  const { ops, outputs, geometry } = input;
  const space = spaceOf(geometry);
  const parts = shifted(ops, input.x, geometry, space).map((view) =>
    ops.reshape(ops.sum(ops.mul(view, input.dy), [0, ...space], false), [1, outputs, 1]),
  );
  return ordered(input, ops.concat(parts, 0));
}

const FORMS: Readonly<Record<KernelGradientForm, (input: KernelGradientInput) => string>> = {
  offsets: byOffsets,
  columns: byColumns,
  channelsLast: byChannelsLast,
  swapped: bySwapping,
  products: byProducts,
};

/** Chooses a form by the measurements above. */
export function kernelGradientForm(
  channels: number,
  outputs: number,
  geometry: Geometry,
): KernelGradientForm {
  const { group, kernel, strides, small } = geometry;
  if (group > 1) return group === channels && outputs === channels ? 'products' : 'offsets';
  const strided = strides.some((step) => step > 1);
  if (product(kernel) === 1) return strided ? 'channelsLast' : 'offsets';
  if (channels <= 4) return strided ? 'swapped' : 'columns';
  const few = product(small) <= 64 || (product(small) <= 200 && channels >= 128);
  return strided || few ? 'channelsLast' : 'offsets';
}

/** @returns the gradient by the kernel, [outputs, channels / group, …kernel] */
export function kernelGradient(
  input: KernelGradientInput,
  form: KernelGradientForm = kernelGradientForm(input.channels, input.outputs, input.geometry),
): string {
  return FORMS[form](input);
}
