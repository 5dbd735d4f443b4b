/** Gradients of operations that only move values. */
import { ConversionError, quote } from '../../errors.js';
import { int, intOf, intsOf, stringOf } from '../../proto/attribute.js';
import { fromFront } from '../../shapes/rule.js';
import { type Ops, upTo } from '../ops.js';
import { type GradientContext, type GradientRule, unary } from '../rule.js';

function refuse(context: GradientContext, why: string): never {
  const { name, op } = context.node;
  throw new ConversionError(`The node ${quote(name)} (${op}) has no gradient: ${why}.`);
}

const reshape = unary((context, gradient) => context.ops.reshapeLike(gradient, context.input(0)));

const transpose = unary((context, gradient) => {
  const axes = upTo(context.shape(0).length);
  const order = intsOf(context.node.attributes, 'perm') ?? [...axes].reverse();
  return context.ops.transpose(
    gradient,
    axes.map((axis) => order.indexOf(axis)),
  );
});

const concat: GradientRule = (context) => {
  const { ops, node } = context;
  const gradient = context.gradient() as string;
  const axis = fromFront(intOf(node.attributes, 'axis', 0), ops.rank(context.output()));
  const sizes = node.inputs.flatMap((value) => ops.sizes(value, [axis]));
  if (node.inputs.length === 1) return [gradient];
  return ops.builder.nodes(
    'Split',
    [gradient, ops.integers(sizes)],
    { axis: int(axis) },
    sizes.length,
    'g_Split',
  );
};

const split = unaryOfMany((context, gradients) => {
  const axis = fromFront(intOf(context.node.attributes, 'axis', 0), context.shape(0).length);
  const parts = gradients.map((gradient, index) => gradient ?? context.ops.zerosLike(context.output(index)));
  return context.ops.concat(parts, axis);
});

function unaryOfMany(
  derive: (context: GradientContext, gradients: (string | undefined)[]) => string,
): GradientRule {
  return (context) => [
    derive(
      context,
      context.node.outputs.map((_, index) => context.gradient(index)),
    ),
  ];
}

/** Puts `step − 1` zeros behind every element along an axis. */
function spaced(ops: Ops, value: string, axis: number, step: number): string {
  const shape = ops.shape(value);
  const [size] = ops.sizes(value, [axis]) as [number];
  const inner = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const after = inner.map((_, at) => (at === axis + 1 ? step - 1 : 0));
  const wide = ops.pad(
    ops.reshapeTo(value, inner, value),
    inner.map(() => 0),
    after,
  );
  return ops.reshapeTo(
    wide,
    shape.map((old, at) => (at === axis ? size * step : old)),
    wide,
  );
}

const slice = unary((context, gradient) => {
  const { ops, node } = context;
  const rank = context.shape(0).length;
  const starts = context.numbers(1);
  if (!starts) return refuse(context, 'what it cuts out is computed');
  const axes = node.inputs[3] ? context.numbers(3) : upTo(starts.length);
  const steps = node.inputs[4] ? context.numbers(4) : starts.map(() => 1);
  if (!axes || !steps || steps.some((step) => step < 1))
    return refuse(context, 'it goes backward or its axes are computed');
  return axes.reduce((value, given, index) => {
    const axis = fromFront(given, rank);
    const [size] = ops.sizes(context.input(0), [axis]) as [number];
    const step = steps[index] as number;
    const start = Math.min(fromFront(starts[index] as number, size), size);
    const wide = step === 1 ? value : spaced(ops, value, axis, step);
    const [length] = ops.sizes(wide, [axis]) as [number];
    const cut = Math.min(length, size - start);
    const fitting = cut < length ? ops.slice(wide, [{ axis, start: 0, end: cut }]) : wide;
    const at = (amount: number) => upTo(rank).map((other) => (other === axis ? amount : 0));
    return ops.pad(fitting, at(start), at(size - start - cut));
  }, gradient);
});

const pad = unary((context, gradient) => {
  const { ops, node } = context;
  const rank = context.shape(0).length;
  const pads = context.numbers(1);
  if (!pads || stringOf(node.attributes, 'mode', 'constant') !== 'constant')
    return refuse(context, 'it pads by other values than a constant');
  const axes = (node.inputs[3] ? context.numbers(3) : upTo(rank)) ?? upTo(rank);
  const parts = axes.flatMap((given, index) => {
    const axis = fromFront(given, rank);
    const [before, after] = [pads[index] as number, pads[index + axes.length] as number];
    if (before === 0 && after === 0) return [];
    const [size] = ops.sizes(context.input(0), [axis]) as [number];
    return [{ axis, start: before, end: before + size }];
  });
  return parts.length > 0 ? ops.slice(gradient, parts) : gradient;
});

const expand = unary((context, gradient) => context.ops.sumTo(gradient, context.input(0)));

/** Rows of the input taken by constant indices: the transposed selection, as a product with zeros and ones. */
const gather = unary((context, gradient) => {
  const { ops, node } = context;
  const shape = context.shape(0);
  const axis = fromFront(intOf(node.attributes, 'axis', 0), shape.length);
  const indices = context.numbers(1);
  if (!indices) return refuse(context, 'its indices are computed');
  const [size] = ops.sizes(context.input(0), [axis]) as [number];
  const matrix = new Float32Array(size * indices.length);
  indices.forEach((index, column) => {
    matrix[fromFront(index, size) * indices.length + column] = 1;
  });
  const others = upTo(shape.length).filter((other) => other !== axis);
  const taken = shape.map((old, at) => (at === axis ? indices.length : old));
  const front = ops.transpose(ops.reshapeTo(gradient, taken, gradient), [axis, ...others]);
  const rows = ops.reshape(front, [indices.length, -1]);
  const gathered = ops.node('MatMul', [ops.floats(matrix, [size, indices.length]), rows]);
  const moved = [size, ...others.map((other) => shape[other] ?? null)];
  const order = upTo(shape.length).map((at) => [axis, ...others].indexOf(at));
  return ops.transpose(ops.reshapeTo(gathered, moved, front), order);
});

/** Each of the two undoes the other, as long as channels are ordered depth first. */
const inverse = (op: string) =>
  unary((context, gradient) => {
    const { attributes } = context.node;
    if (stringOf(attributes, 'mode', 'DCR') !== 'DCR') return refuse(context, 'its mode is CRD');
    return context.ops.node(op, [gradient], { blocksize: int(intOf(attributes, 'blocksize', 1)) });
  });

export const LAYOUT: Readonly<Record<string, GradientRule>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Gather: gather,
  DepthToSpace: inverse('SpaceToDepth'),
  SpaceToDepth: inverse('DepthToSpace'),
};
