import { quote } from '../../errors.js';
import { type Attributes, float, int, string } from '../../proto/attribute.js';
import { float32, int64 } from '../../proto/tensor.js';
import type { LayerContext } from './layer-kind.js';
import { needsWeights, resample, resampleBy } from './resample.js';

/** TensorFlow's grids: centres of pixels, nothing outside the image, no antialiasing. */
const MODES: Readonly<Record<string, Attributes>> = {
  nearest: {
    mode: string('nearest'),
    coordinate_transformation_mode: string('half_pixel'),
    nearest_mode: string('round_prefer_ceil'),
  },
  bilinear: { mode: string('linear'), coordinate_transformation_mode: string('half_pixel') },
  bicubic: {
    mode: string('cubic'),
    coordinate_transformation_mode: string('half_pixel'),
    cubic_coeff_a: float(-0.5),
    exclude_outside: int(1),
  },
};

function modeOf(context: LayerContext, interpolation: string): Attributes {
  const mode = MODES[interpolation.toLowerCase()];
  return (
    mode ??
    context.settings.refuse(`has the interpolation ${quote(interpolation)}, which cannot be converted`)
  );
}

/** Resizes an image with channels first to fixed sizes. @param antialias widens the filter where the image is reduced */
export function resize(
  context: LayerContext,
  x: string,
  sizes: readonly [number, number],
  interpolation: string,
  antialias = false,
): string {
  const { graph } = context;
  const method = interpolation.toLowerCase();
  if (needsWeights(method, antialias)) {
    const [rows, columns] = sizes.map((size) => graph.constant(int64([size]), 'size')) as [string, string];
    return resample(context, x, [rows, columns], method, antialias);
  }
  const shape = context.node('Shape', [x]);
  const kept = context.node('Slice', [
    shape,
    graph.constant(int64([0]), 'from'),
    graph.constant(int64([2]), 'to'),
  ]);
  const target = context.node('Concat', [kept, graph.constant(int64(sizes), 'sizes')], { axis: int(0) });
  return context.node('Resize', [x, '', '', target], modeOf(context, interpolation));
}

/** Enlarges an image with channels first by whole factors. */
export function enlarge(
  context: LayerContext,
  x: string,
  factors: readonly [number, number],
  interpolation: string,
): string {
  const method = interpolation.toLowerCase();
  if (needsWeights(method, false)) return resampleBy(context, x, factors, method);
  const scales = context.graph.constant(float32([1, 1, ...factors]), 'scales');
  return context.node('Resize', [x, '', scales], modeOf(context, interpolation));
}
