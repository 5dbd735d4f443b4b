/**
 * Windows of images whose sizes may be free, computed while the model runs: all sizes here are values of the graph.
 * Source: keras/src/utils/image_utils.py (smart_resize), keras/src/backend/tensorflow/image.py (resize).
 */
import { int } from '../../proto/attribute.js';
import { float32, int64 } from '../../proto/tensor.js';
import type { LayerContext } from './layer-kind.js';

type Target = readonly [number, number];
type Pair = readonly [string, string];

const number = (context: LayerContext, value: number) => context.graph.constant(int64([value]), 'number');
const join = (context: LayerContext, parts: readonly string[]) =>
  context.node('Concat', parts, { axis: int(0) });

/** Rows and columns of an image with channels first. */
function sizesOf(context: LayerContext, x: string): Pair {
  const shape = context.node('Shape', [x]);
  const at = (axis: number) =>
    context.node('Slice', [shape, number(context, axis), number(context, axis + 1)]);
  return [at(2), at(3)];
}

/** Sizes that have the target's ratio: by the other side, rounded down. */
function byRatio(context: LayerContext, [rows, columns]: Pair, [height, width]: Target): Pair {
  const scaled = (size: string, by: number, over: number) =>
    context.node('Div', [context.node('Mul', [size, number(context, by)]), number(context, over)]);
  return [scaled(columns, height, width), scaled(rows, width, height)];
}

const half = (context: LayerContext, larger: string, smaller: string) =>
  context.node('Div', [context.node('Sub', [larger, smaller]), number(context, 2)]);

/** The middle of an image, of the given rows and columns. */
function cutMiddle(context: LayerContext, x: string, sizes: Pair, window: Pair): string {
  const starts = join(context, [half(context, sizes[0], window[0]), half(context, sizes[1], window[1])]);
  const ends = context.node('Add', [starts, join(context, window)]);
  return context.node('Slice', [x, starts, ends, context.graph.constant(int64([2, 3]), 'axes')]);
}

function ratioWindow(context: LayerContext, sizes: Pair, target: Target): Pair {
  const [rows, columns] = byRatio(context, sizes, target);
  return [context.node('Min', [sizes[0], rows]), context.node('Min', [sizes[1], columns])];
}

/** The middle of the largest window that has the target's ratio. */
export function cropToRatio(context: LayerContext, x: string, target: Target): string {
  const sizes = sizesOf(context, x);
  return cutMiddle(context, x, sizes, ratioWindow(context, sizes, target));
}

/** A window of the target's size where the image is as large, else of its ratio. */
export function cropMiddle(context: LayerContext, x: string, target: Target): string {
  const sizes = sizesOf(context, x);
  const [height, width] = target.map((size) => number(context, size)) as [string, string];
  const smaller = context.node('Or', [
    context.node('Less', [sizes[0], height]),
    context.node('Less', [sizes[1], width]),
  ]);
  const [rows, columns] = ratioWindow(context, sizes, target);
  const window: Pair = [
    context.node('Where', [smaller, rows, height]),
    context.node('Where', [smaller, columns, width]),
  ];
  return cutMiddle(context, x, sizes, window);
}

/** Adds as much on both sides as brings the image to the target's ratio. */
export function padToRatio(context: LayerContext, x: string, target: Target, fill: number): string {
  const sizes = sizesOf(context, x);
  const wished = byRatio(context, sizes, target);
  const [top, left] = wished.map((size, side) => {
    const own = sizes[side as 0];
    return half(context, context.node('Max', [own, size]), own);
  }) as [string, string];
  const none = number(context, 0);
  const pads = join(context, [none, none, top, left, none, none, top, left]);
  return context.node('Pad', [x, pads, context.graph.constant(float32([fill], []), 'number')]);
}
