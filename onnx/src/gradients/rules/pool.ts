/** Gradients of pools. */
import { intOf, ints, intsOf, string } from '../../proto/attribute.js';
import { type Ops, upTo } from '../ops.js';
import { type GradientContext, unary } from '../rule.js';
import { transposed } from './convolution.js';
import { type Geometry, geometryOf, overhang, spaceOf } from './geometry.js';

const kernelOf = ({ node }: GradientContext) => intsOf(node.attributes, 'kernel_shape') ?? [];

/** Windows that neither overlap nor leave their axis. */
function isTiling(geometry: Geometry): boolean {
  return geometry.kernel.every(
    (size, axis) =>
      geometry.strides[axis] === size &&
      geometry.dilations[axis] === 1 &&
      geometry.before[axis] === 0 &&
      overhang(geometry, axis) <= 0,
  );
}

/**
 * The forward pool gives the position of each maximum as a second output. Where windows do not overlap, MaxUnpool
 * writes the gradient there; else positions met twice must add up.
 */
const maxPool = unary((context, gradient) => {
  const { ops } = context;
  const x = context.input(0);
  const geometry = geometryOf(context, kernelOf(context), x, context.output());
  const indices = context.extraOutput(1, 'indices');
  const shape = ops.node('Shape', [x]);
  if (isTiling(geometry)) {
    const attributes = { kernel_shape: ints(geometry.kernel), strides: ints(geometry.strides) };
    return ops.node('MaxUnpool', [gradient, indices, shape], attributes);
  }
  const zeros = ops.node('ConstantOfShape', [ops.node('ReduceProd', [shape, ops.integers([0])])]);
  const flat = [zeros, ops.reshape(indices, [-1]), ops.reshape(gradient, [-1])];
  const scattered = ops.node('ScatterElements', flat, { reduction: string('add') });
  return ops.reshapeLike(scattered, x);
});

/** How many elements each window along one axis counts. */
function counts(geometry: Geometry, axis: number, includePads: boolean): number[] {
  const at = (list: readonly number[]) => list[axis] as number;
  return upTo(at(geometry.small)).map((index) => {
    const start = index * at(geometry.strides) - at(geometry.before);
    const limit = at(geometry.large) + (includePads ? at(geometry.after) : 0);
    const taps = upTo(at(geometry.kernel)).map((tap) => start + tap * at(geometry.dilations));
    return taps.filter((place) => (includePads || place >= 0) && place < limit).length;
  });
}

/** Divides by the size of each window, a constant map. */
function perElement(ops: Ops, gradient: string, geometry: Geometry, includePads: boolean): string {
  return spaceOf(geometry).reduce((value, _, axis) => {
    const shares = counts(geometry, axis, includePads).map((count) => 1 / count);
    const dims = geometry.kernel.map((__, other) => (other === axis ? shares.length : 1));
    const uniform = shares.every((share) => share === shares[0]);
    return uniform ? ops.scale(value, shares[0] ?? 1) : ops.mul(value, ops.floats(shares, dims));
  }, gradient);
}

const averagePool = unary((context, gradient) => {
  const { ops, node } = context;
  const x = context.input(0);
  const geometry = geometryOf(context, kernelOf(context), x, context.output());
  const share = perElement(ops, gradient, geometry, intOf(node.attributes, 'count_include_pad', 0) === 1);
  const tiles = geometry.large.every(
    (size, axis) => size === (geometry.small[axis] as number) * (geometry.kernel[axis] as number),
  );
  if (isTiling(geometry) && tiles)
    return ops.node('Resize', [share, '', ops.floats([1, 1, ...geometry.kernel])], {
      mode: string('nearest'),
      nearest_mode: string('floor'),
      coordinate_transformation_mode: string('asymmetric'),
    });
  const [channels] = ops.sizes(x, [1]) as [number];
  const dims = [channels, 1, ...geometry.kernel];
  const ones = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1);
  return transposed(ops, share, ops.floats(ones, dims), { ...geometry, group: channels });
});

export const POOL = { MaxPool: maxPool, AveragePool: averagePool };
