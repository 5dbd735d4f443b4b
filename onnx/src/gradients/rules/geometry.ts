import { ConversionError, quote } from '../../errors.js';
import { intOf } from '../../proto/attribute.js';
import { windowOf } from '../../shapes/window.js';
import { upTo } from '../ops.js';
import type { GradientContext } from '../rule.js';

/** Sizes of a sliding window, one number per spatial axis. */
export interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros added before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Sizes of the larger side (a convolution's input) and of the smaller one. */
  readonly large: readonly number[];
  readonly small: readonly number[];
  readonly group: number;
}

/** Spatial axes of a tensor laid out as batch, channels, space. */
export const spaceOf = (geometry: Geometry): number[] => geometry.kernel.map((_, axis) => axis + 2);

/** Elements that one step of the kernel spans on an axis. */
export const reach = ({ kernel, dilations }: Geometry, axis: number): number =>
  (dilations[axis] as number) * ((kernel[axis] as number) - 1) + 1;

/**
 * Geometry of a node whose auto_pad has been resolved.
 * @param large the value with the larger spatial size @param small the other one
 * @throws ConversionError when a size is not known
 */
export function geometryOf(
  context: GradientContext,
  kernel: readonly number[],
  large: string,
  small: string,
): Geometry {
  const { ops, node } = context;
  const { strides, dilations, pads, autoPad } = windowOf(node.attributes, kernel);
  if (autoPad !== 'NOTSET')
    throw new ConversionError(
      `The node ${quote(node.name)} (${node.op}) leaves its padding open (auto_pad).`,
    );
  const space = upTo(kernel.length).map((axis) => axis + 2);
  return {
    kernel,
    strides,
    dilations,
    before: pads.slice(0, kernel.length),
    after: pads.slice(kernel.length),
    large: ops.sizes(large, space),
    small: ops.sizes(small, space),
    group: intOf(node.attributes, 'group', 1),
  };
}

/** Zeros behind the last window's end, negative where the input's end is not reached. */
export function overhang(geometry: Geometry, axis: number): number {
  const { small, strides, before, large } = geometry;
  const last = ((small[axis] as number) - 1) * (strides[axis] as number);
  return last + reach(geometry, axis) - (before[axis] as number) - (large[axis] as number);
}
