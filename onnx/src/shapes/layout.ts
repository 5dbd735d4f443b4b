/** Operations that move, cut, repeat or join values without computing any. Source: onnx/docs/Operators.md. */
import type { Dimension, Shape } from '../graph/graph.js';
import { intOf, intsOf, tensorOf } from '../proto/attribute.js';
import { broadcast } from './elementwise.js';
import { fromFront, info, like, product, type Rule, type RuleContext } from './rule.js';

/** Size of the -1 of a Reshape: what is left of the input's elements; free sizes of the same name cancel. */
function remaining(source: Shape, target: readonly Dimension[]): Dimension {
  const names = source.filter((size) => typeof size !== 'number');
  let count = product(source.filter((size) => typeof size === 'number')) as number;
  for (const size of target) {
    if (size === -1) continue;
    if (typeof size === 'number') count /= size;
    else {
      const at = names.indexOf(size);
      if (size === null || at < 0) return null;
      names.splice(at, 1);
    }
  }
  if (names.length === 0) return Number.isInteger(count) ? count : null;
  return names.length === 1 && count === 1 ? (names[0] as Dimension) : null;
}

/** The shape that a Reshape gives. */
export function reshaped(source: Shape | undefined, target: readonly Dimension[], allowZero = false): Shape {
  const kept = target.map((size, axis) => (size === 0 && !allowZero ? (source?.[axis] ?? null) : size));
  return kept.map((size) => {
    if (size !== -1) return size;
    return source ? remaining(source, kept) : null;
  });
}

const reshape: Rule = (context) => {
  const target = context.dimensions(1);
  if (target)
    return like(
      context,
      reshaped(context.shape(0), target, intOf(context.node.attributes, 'allowzero', 0) === 1),
    );
  const rank = context.shape(1)?.[0];
  return like(context, typeof rank === 'number' ? Array<null>(rank).fill(null) : undefined);
};

const flatten: Rule = (context) => {
  const shape = context.shape(0);
  if (!shape) return like(context, [null, null]);
  const axis = fromFront(intOf(context.node.attributes, 'axis', 1), shape.length);
  const joined = (sizes: Shape): Dimension => {
    const rest = sizes.filter((size) => size !== 1);
    return rest.length === 1 ? (rest[0] as Dimension) : product(sizes);
  };
  return like(context, [joined(shape.slice(0, axis)), joined(shape.slice(axis))]);
};

/** Axes of Squeeze and Unsqueeze: an attribute before opset 13, an input since. */
function axesOf(context: RuleContext): readonly number[] | undefined {
  return intsOf(context.node.attributes, 'axes') ?? context.numbers(1);
}

const squeeze: Rule = (context) => {
  const shape = context.shape(0);
  if (!shape) return like(context, undefined);
  const given = axesOf(context);
  if (!given && context.node.inputs[1]) return like(context, undefined);
  const axes = given?.map((axis) => fromFront(axis, shape.length));
  return like(
    context,
    shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)),
  );
};

const unsqueeze: Rule = (context) => {
  const shape = context.shape(0);
  const given = axesOf(context);
  if (!shape || !given) return like(context, undefined);
  const rank = shape.length + given.length;
  const axes = new Set(given.map((axis) => fromFront(axis, rank)));
  const rest = [...shape];
  return like(
    context,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() ?? null))),
  );
};

const transpose: Rule = (context) => {
  const shape = context.shape(0);
  const order = intsOf(context.node.attributes, 'perm') ?? shape?.map((_, axis) => shape.length - 1 - axis);
  return like(context, shape && order?.map((axis) => shape[axis] ?? null));
};

const concat: Rule = (context) => {
  const shapes = context.node.inputs.map((_, index) => context.shape(index));
  const known = shapes.find((shape) => shape);
  if (!known) return like(context, undefined);
  const axis = fromFront(intOf(context.node.attributes, 'axis', 0), known.length);
  const sizes = shapes.map((shape) => shape?.[axis] ?? null);
  return like(
    context,
    known.map((size, at) => {
      if (at === axis) return sizes.length === 1 ? (sizes[0] as Dimension) : sumOf(sizes);
      return shapes.map((shape) => shape?.[at]).find((other) => typeof other === 'number') ?? size;
    }),
  );
};

function sumOf(sizes: readonly Dimension[]): number | null {
  return sizes.reduce<number | null>(
    (sum, size) => (sum === null || typeof size !== 'number' ? null : sum + size),
    0,
  );
}

const split: Rule = (context) => {
  const shape = context.shape(0);
  const { attributes, outputs } = context.node;
  const type = context.input(0)?.type ?? 'float32';
  if (!shape) return outputs.map(() => info(type, undefined));
  const axis = fromFront(intOf(attributes, 'axis', 0), shape.length);
  const given = intsOf(attributes, 'split') ?? context.numbers(1);
  const size = shape[axis];
  return outputs.map((_, index) => {
    const even = Math.ceil((size as number) / outputs.length);
    const last = index === outputs.length - 1;
    const own = last ? (size as number) - even * (outputs.length - 1) : even;
    const part = given ? (given[index] ?? null) : typeof size === 'number' ? own : null;
    return info(
      type,
      shape.map((old, at) => (at === axis ? part : old)),
    );
  });
};

function slicedSize(size: Dimension, start: number, end: number, step: number): Dimension {
  if (start === 0 && step === 1 && end >= Number.MAX_SAFE_INTEGER / 2 ** 23 && typeof size !== 'number')
    return size;
  if (typeof size !== 'number' || step === 0) return null;
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}

/** Starts, ends, axes and steps of a Slice: attributes before opset 10, inputs since. */
export function sliceOf(context: RuleContext, rank: number) {
  const { attributes, inputs } = context.node;
  const starts = intsOf(attributes, 'starts') ?? context.numbers(1);
  const ends = intsOf(attributes, 'ends') ?? context.numbers(2);
  const axes =
    intsOf(attributes, 'axes') ?? (inputs[3] ? context.numbers(3) : starts?.map((_, axis) => axis));
  const steps = inputs[4] ? context.numbers(4) : starts?.map(() => 1);
  if (!axes) return undefined;
  return axes.map((axis, index) => ({
    axis: fromFront(axis, rank),
    start: starts?.[index],
    end: ends?.[index],
    step: steps?.[index],
  }));
}

const slice: Rule = (context) => {
  const shape = context.shape(0);
  const parts = shape && sliceOf(context, shape.length);
  if (!shape || !parts)
    return like(
      context,
      shape?.map(() => null),
    );
  const result = [...shape];
  for (const { axis, start, end, step } of parts) {
    const known = start !== undefined && end !== undefined && step !== undefined;
    result[axis] = known ? slicedSize(shape[axis] ?? null, start, end, step) : null;
  }
  return like(context, result);
};

const pad: Rule = (context) => {
  const shape = context.shape(0);
  const pads = intsOf(context.node.attributes, 'pads') ?? context.numbers(1);
  const axes = context.node.inputs[3] ? context.numbers(3) : shape?.map((_, axis) => axis);
  if (!shape || !pads || !axes)
    return like(
      context,
      shape?.map(() => null),
    );
  const result = [...shape];
  axes.forEach((axis, index) => {
    const at = fromFront(axis, shape.length);
    const added = (pads[index] ?? 0) + (pads[index + axes.length] ?? 0);
    const size = shape[at];
    result[at] = typeof size === 'number' ? size + added : added === 0 ? (size ?? null) : null;
  });
  return like(context, result);
};

const gather: Rule = (context) => {
  const shape = context.shape(0);
  const indices = context.shape(1);
  if (!shape || !indices) return like(context, undefined);
  const axis = fromFront(intOf(context.node.attributes, 'axis', 0), shape.length);
  return like(context, [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)]);
};

const gatherND: Rule = (context) => {
  const shape = context.shape(0);
  const indices = context.shape(1);
  const batch = intOf(context.node.attributes, 'batch_dims', 0);
  const depth = indices?.at(-1);
  if (!shape || !indices || typeof depth !== 'number') return like(context, undefined);
  return like(context, [...indices.slice(0, -1), ...shape.slice(batch + depth)]);
};

const expand: Rule = (context) => {
  const target = context.dimensions(1);
  return like(context, target && broadcast([context.shape(0), target]));
};

const tile: Rule = (context) => {
  const repeats = context.dimensions(1);
  return like(
    context,
    context.shape(0)?.map((size, axis) => {
      const times = repeats?.[axis];
      if (times === 1) return size;
      return typeof size === 'number' && typeof times === 'number' ? size * times : null;
    }),
  );
};

/** Inputs since opset 11: data, region, scales, sizes; before: data, scales. */
const resize: Rule = (context) => {
  const shape = context.shape(0);
  const upsample = context.node.op === 'Upsample' || context.opset < 11;
  const sizes = upsample || !context.node.inputs[3] ? undefined : context.dimensions(3);
  const scales = context.numbers(upsample ? 1 : 2);
  const axes = intsOf(context.node.attributes, 'axes')?.map((axis) => fromFront(axis, shape?.length ?? 0));
  return like(
    context,
    shape?.map((size, axis) => {
      const at = axes ? axes.indexOf(axis) : axis;
      if (at < 0) return size;
      if (sizes) return sizes[at] ?? null;
      const scale = scales?.[at];
      if (scale === 1) return size;
      return typeof size === 'number' && scale !== undefined ? Math.floor(size * scale) : null;
    }),
  );
};

const depthToSpace: Rule = (context) => {
  const block = intOf(context.node.attributes, 'blocksize', 1);
  const factor = context.node.op === 'DepthToSpace' ? block : 1 / block;
  const scaled = (size: Dimension | undefined, by: number) => (typeof size === 'number' ? size * by : null);
  const shape = context.shape(0);
  return like(
    context,
    shape && [
      shape[0] ?? null,
      scaled(shape[1], 1 / (factor * factor)),
      scaled(shape[2], factor),
      scaled(shape[3], factor),
    ],
  );
};

const constant: Rule = (context) => {
  const value = tensorOf(context.node.attributes, 'value');
  if (value) return [info(value.type, value.dims)];
  const { value_ints, value_floats, value_int, value_float } = context.node.attributes;
  if (value_ints?.kind === 'ints') return [info('int64', [value_ints.value.length])];
  if (value_floats?.kind === 'floats') return [info('float32', [value_floats.value.length])];
  if (value_int) return [info('int64', [])];
  return [value_float ? info('float32', []) : undefined];
};

const constantOfShape: Rule = (context) => {
  const type = tensorOf(context.node.attributes, 'value')?.type ?? 'float32';
  return [info(type, context.dimensions(0))];
};

export const LAYOUT: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  GatherElements: (context) => like(context, context.shape(1)),
  GatherND: gatherND,
  Expand: expand,
  Tile: tile,
  Resize: resize,
  Upsample: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: depthToSpace,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: (context) => [info('int64', [context.shape(0)?.length ?? null])],
  Size: () => [info('int64', [])],
  Range: () => [info('int64', [null])],
  OneHot: (context) => [info(context.input(2)?.type ?? 'float32', undefined)],
  EyeLike: (context) => like(context, context.shape(0)),
};
