/** Operations that reduce, cut or rearrange tensors. */
import { int, ints } from '../../proto/attribute.js';
import { float32, int64, toNumbers } from '../../proto/tensor.js';
import { isObject } from '../config.js';
import type { LayerValue } from '../layer-graph.js';
import { numbersOf } from '../layers/broadcast.js';
import type { LayerContext } from '../layers/layer-kind.js';
import { concatenate } from '../layers/merge.js';
import { resize } from '../layers/resize.js';
import type { OperationArguments } from './arguments.js';
import { firstTensor, type Operation } from './arithmetic.js';

const numbers = (context: LayerContext, values: readonly number[]) =>
  context.graph.constant(int64(values), 'numbers');

/** Axes that the operations of opset 17 take as an attribute, or (ReduceSum) as an input. */
const reduce =
  (op: 'Mean' | 'Sum' | 'Max' | 'Min'): Operation =>
  (args) => {
    const { context } = args;
    const value = firstTensor(args);
    const keep = args.flag(false, 2, 'keepdims', 'keep_dims');
    const axes = args.integers(1, 'axis', 'reduction_indices');
    const x = keep ? value.name : context.graph.plain(value);
    const source: LayerValue = keep ? value : { name: x, channelsFirst: false };
    const all = Array.from({ length: context.graph.rankOf(value) }, (_, axis) => axis);
    const mapped = (axes ?? all).map((axis) => context.graph.axisOf(source, axis));
    const keepdims = int(keep ? 1 : 0);
    const name =
      op === 'Sum'
        ? context.node('ReduceSum', [x, numbers(context, mapped)], { keepdims })
        : context.node(`Reduce${op}`, [x], { axes: ints(mapped), keepdims });
    return { name, channelsFirst: keep && value.channelsFirst };
  };

const plainInput = (args: OperationArguments) => args.context.graph.plain(firstTensor(args));

const reshape: Operation = (args) => {
  const target = args.integers(1, 'shape', 'newshape', 'target_shape');
  if (!target) return args.context.settings.refuse('reshapes to a shape that is not constant');
  // The first size is the batch's, which stays free.
  const kept = [0, ...target.slice(1)];
  const count = (sizes: readonly unknown[]) => sizes.reduce<number>((all, size) => all * (size as number), 1);
  const sizes = args.context.graph.shapeOf(firstTensor(args)).slice(1);
  const known = sizes.every((size) => typeof size === 'number') && !kept.includes(-1);
  if (known && count(sizes) !== count(target.slice(1)))
    return args.context.settings.refuse('reshapes across the images of a batch');
  return {
    name: args.context.node('Reshape', [plainInput(args), numbers(args.context, kept)]),
    channelsFirst: false,
  };
};

const transpose: Operation = (args) => {
  const x = plainInput(args);
  const rank = args.context.graph.builder.shape(x).length;
  const order =
    args.integers(1, 'perm', 'axes') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return { name: args.context.node('Transpose', [x], { perm: ints(order) }), channelsFirst: false };
};

const expand: Operation = (args) => {
  const axes = args.integers(1, 'axis') ?? [-1];
  return {
    name: args.context.node('Unsqueeze', [plainInput(args), numbers(args.context, axes)]),
    channelsFirst: false,
  };
};

const squeeze: Operation = (args) => {
  const { context } = args;
  const value = firstTensor(args);
  const given = args.integers(1, 'axis');
  const sizes = context.graph.shapeOf(value);
  const axes = given?.length ? given : sizes.flatMap((size, axis) => (size === 1 && axis > 0 ? [axis] : []));
  const name = context.node('Squeeze', [context.graph.plain(value), numbers(context, axes)]);
  return { name, channelsFirst: false };
};

const concat: Operation = (args) =>
  concatenate(args.context, args.tensors(0, 'values', 'xs', 'arrays'), args.number(-1, 1, 'axis'));

const resized: Operation = (args) => {
  const { context } = args;
  const size = args.integers(1, 'size');
  if (size?.length !== 2) return context.settings.refuse('resizes to a size that is not constant');
  if (args.flag(false, -1, 'preserve_aspect_ratio', 'crop_to_aspect_ratio', 'pad_to_aspect_ratio'))
    return context.settings.refuse('resizes with a fixed aspect ratio');
  const value = firstTensor(args);
  const method = args.text('bilinear', 2, 'method', 'interpolation');
  const antialias = args.flag(false, -1, 'antialias');
  const sizes = [size[0] as number, size[1] as number] as const;
  const name = resize(context, context.graph.first(value), sizes, method, antialias);
  return { name, channelsFirst: true };
};

const pad: Operation = (args) => {
  const { context } = args;
  const given = numbersOf(args.at(1, 'paddings', 'pad_width'));
  const x = plainInput(args);
  const rank = context.graph.builder.shape(x).length;
  if (
    given?.dims[0] !== rank ||
    given.dims[1] !== 2 ||
    args.text('constant', 2, 'mode').toLowerCase() !== 'constant'
  )
    return context.settings.refuse('pads by something that is not constant');
  const flat = toNumbers(given);
  const sides = [0, 1].flatMap((side) =>
    Array.from({ length: rank }, (_, axis) => flat[axis * 2 + side] as number),
  );
  const value = context.graph.constant(float32([args.number(0, 3, 'constant_values')], []), 'number');
  return { name: context.node('Pad', [x, numbers(context, sides), value]), channelsFirst: false };
};

/** A part of one axis. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** The axis goes away, since it was asked for by one index. */
  readonly dropped: boolean;
}

const given = (side: unknown) => side !== null && side !== undefined;

function cutOf(part: unknown, axis: number): Cut | 'everything' | undefined {
  if (Number.isSafeInteger(part)) {
    const at = part as number;
    return { axis, start: at, end: at === -1 ? Number.MAX_SAFE_INTEGER : at + 1, step: 1, dropped: true };
  }
  if (!isObject(part)) return undefined;
  const { start, stop, step } = isObject(part.config) ? part.config : part;
  if (![start, stop, step].some(given)) return 'everything';
  const by = step ?? 1;
  if (typeof by !== 'number' || by === 0) return undefined;
  // Backwards, the last element comes first and the first is included.
  const [first, last] =
    by > 0 ? [0, Number.MAX_SAFE_INTEGER] : [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const from = typeof start === 'number' ? start : first;
  return { axis, start: from, end: typeof stop === 'number' ? stop : last, step: by, dropped: false };
}

const isEllipsis = (part: unknown) => isObject(part) && String(part.class_name).includes('ellipsis');

/** Parts with their axes: an ellipsis stands for all axes that the others leave. */
function placed(
  parts: readonly unknown[],
  rank: number,
): { readonly part: unknown; readonly axis: number }[] {
  const at = parts.findIndex(isEllipsis);
  return parts.flatMap((part, index) => {
    if (index === at) return [];
    return [{ part, axis: at >= 0 && index > at ? rank - parts.length + index : index }];
  });
}

/** `x[:, 1:3, 0]`: slices `{ start, stop, step }` and whole numbers, which drop their axis. */
const slice: Operation = (args) => {
  const { context } = args;
  const spec = args.at(1, 'slice_spec', 'key');
  const cuts: Cut[] = [];
  for (const { part, axis } of placed(
    Array.isArray(spec) ? spec : [spec],
    context.graph.rankOf(firstTensor(args)),
  )) {
    const cut = cutOf(part, axis);
    if (!cut) return context.settings.refuse('takes a part of a tensor that cannot be converted');
    if (cut !== 'everything') cuts.push(cut);
  }
  let x = plainInput(args);
  if (cuts.length > 0) {
    const columns = (['start', 'end', 'axis', 'step'] as const).map((key) => cuts.map((cut) => cut[key]));
    x = context.node('Slice', [x, ...columns.map((column) => numbers(context, column))]);
  }
  const dropped = cuts.flatMap(({ axis, dropped }) => (dropped ? [axis] : []));
  if (dropped.length > 0) x = context.node('Squeeze', [x, numbers(context, dropped)]);
  return { name: x, channelsFirst: false };
};

const normalized: Operation = (args) => {
  const { context } = args;
  const value = firstTensor(args);
  const axes = (args.integers(1, 'axis') ?? [-1]).map((axis) => context.graph.axisOf(value, axis));
  const length = context.node('ReduceL2', [value.name], { axes: ints(axes), keepdims: int(1) });
  const least = context.graph.constant(float32([1e-6], []), 'number');
  const name = context.node('Div', [value.name, context.node('Max', [length, least])]);
  return { name, channelsFirst: value.channelsFirst };
};

export const REARRANGE: Readonly<Record<string, Operation>> = {
  mean: reduce('Mean'),
  reduce_mean: reduce('Mean'),
  sum: reduce('Sum'),
  reduce_sum: reduce('Sum'),
  max: reduce('Max'),
  reduce_max: reduce('Max'),
  min: reduce('Min'),
  reduce_min: reduce('Min'),
  reshape,
  transpose,
  expand_dims: expand,
  squeeze,
  concat,
  concatenate: concat,
  resize: resized,
  resize_images_v2: resized,
  pad,
  getitem: slice,
  get_item: slice,
  l2_normalize: normalized,
  normalize: normalized,
};
