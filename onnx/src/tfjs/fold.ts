/**
 * Calculates small tensors while converting: the arithmetic on shapes, sizes and axes by which TensorFlow's graphs lead
 * up to a Reshape or a Slice. Free sizes are followed by name.
 */
import type { Dimension, Shape } from '../graph/graph.js';
import { sizeOf } from '../proto/tensor.js';
import type { GraphNode } from './graph-def.js';
import { broadcastDims, broadcastIndex, MOST_KNOWN, type Numbers } from './numbers.js';
import { stridedSlice } from './strided-slice.js';

/** What folding may ask of a node's inputs. */
export interface FoldContext {
  readonly node: GraphNode;
  /** Inputs as far as they are known. */
  readonly known: readonly (Numbers | undefined)[];
  shape(index: number): Shape | undefined;
}

type Fold = (context: FoldContext) => Numbers | undefined;

const numeric = (numbers: Numbers | undefined): readonly number[] | undefined =>
  numbers?.values.every((value) => typeof value === 'number') ? (numbers.values as number[]) : undefined;

function binary(apply: (a: number, b: number) => number, neutral?: number, type?: Numbers['type']): Fold {
  return ({ known: [a, b] }) => {
    const dims = a && b && broadcastDims(a.dims, b.dims);
    if (!a || !b || !dims) return undefined;
    const [left, right] = [broadcastIndex(a.dims, dims), broadcastIndex(b.dims, dims)];
    const values = Array.from({ length: sizeOf(dims) }, (_, at): Dimension => {
      const x = a.values[left(at)] ?? null;
      const y = b.values[right(at)] ?? null;
      if (typeof x === 'number' && typeof y === 'number') return apply(x, y);
      return y === neutral ? x : null;
    });
    return { type: type ?? a.type, dims, values };
  };
}

/** Commutative: the neutral number may stand on either side. */
function either(apply: (a: number, b: number) => number, neutral: number): Fold {
  const forward = binary(apply, neutral);
  return (context) => {
    const [a, b] = context.known;
    const swapped = numeric(a) && !numeric(b);
    return swapped ? forward({ ...context, known: [b, a] }) : forward(context);
  };
}

function unary(apply: (x: number) => number, type?: Numbers['type']): Fold {
  return ({ known: [x] }) =>
    x && {
      type: type ?? x.type,
      dims: x.dims,
      values: x.values.map((value) => (typeof value === 'number' ? apply(value) : null)),
    };
}

const compare = (apply: (a: number, b: number) => boolean) =>
  binary((a, b) => Number(apply(a, b)), undefined, 'bool');

const pack: Fold = ({ known, node }) => {
  const [first] = known;
  if (!first || first.dims.length > 0 || node.int('axis', 0) !== 0 || known.some((part) => !part))
    return undefined;
  return { type: first.type, dims: [known.length], values: known.map((part) => part?.values[0] ?? null) };
};

const concat: Fold = ({ known }) => {
  const parts = known.slice(0, -1);
  const [first] = parts;
  if (!first || parts.some((part) => part?.dims.length !== 1)) return undefined;
  const values = parts.flatMap((part) => part?.values ?? []);
  return values.length > MOST_KNOWN ? undefined : { type: first.type, dims: [values.length], values };
};

const shape: Fold = ({ shape }) => {
  const found = shape(0);
  return found && { type: 'int64', dims: [found.length], values: found };
};

const size: Fold = ({ shape }) => {
  const found = shape(0);
  if (!found?.every((value) => typeof value === 'number')) return undefined;
  return { type: 'int64', dims: [], values: [sizeOf(found as number[])] };
};

const cast: Fold = ({ node, known: [x] }) => {
  const type = node.type('DstT', 'float32');
  if (!x) return undefined;
  if (type === 'bool')
    return unary((value) => Number(value !== 0), 'bool')({ node, known: [x], shape: () => undefined });
  const change = (value: Dimension) => {
    if (typeof value !== 'number') return value;
    return type === 'int64' ? Math.trunc(value) : Math.fround(value);
  };
  return { type, dims: x.dims, values: x.values.map(change) };
};

const reshape: Fold = ({ known: [x, target] }) => {
  const sizes = numeric(target);
  if (!x || !sizes) return undefined;
  const given = sizes.filter((value) => value !== -1);
  const rest = x.values.length / sizeOf(given);
  const dims = sizes.map((value) => (value === -1 ? rest : value));
  return sizeOf(dims) === x.values.length ? { ...x, dims } : undefined;
};

const expandDims: Fold = ({ known: [x, axis] }) => {
  const at = numeric(axis)?.[0];
  if (!x || at === undefined) return undefined;
  const dims = [...x.dims];
  dims.splice(at < 0 ? at + dims.length + 1 : at, 0, 1);
  return { ...x, dims };
};

const squeeze: Fold = ({ node, known: [x] }) => {
  if (!x) return undefined;
  const axes = node.ints('squeeze_dims').map((axis) => (axis < 0 ? axis + x.dims.length : axis));
  return {
    ...x,
    dims: x.dims.filter((value, axis) => (axes.length > 0 ? !axes.includes(axis) : value !== 1)),
  };
};

const range: Fold = ({ known: [start, limit, delta] }) => {
  const [from, to, step] = [numeric(start)?.[0], numeric(limit)?.[0], numeric(delta)?.[0]];
  if (!start || from === undefined || to === undefined || !step) return undefined;
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (count > MOST_KNOWN) return undefined;
  return {
    type: start.type,
    dims: [count],
    values: Array.from({ length: count }, (_, at) => from + at * step),
  };
};

const fill: Fold = ({ known: [dims, value] }) => {
  const sizes = numeric(dims);
  if (!sizes || !value || sizes.some((size) => size < 0) || sizeOf(sizes) > MOST_KNOWN) return undefined;
  return { type: value.type, dims: sizes, values: Array(sizeOf(sizes)).fill(value.values[0] ?? null) };
};

const gather: Fold = ({ known: [x, indices, axis] }) => {
  const at = numeric(indices);
  if (!x || !indices || !at || x.dims.length !== 1 || (numeric(axis)?.[0] ?? 0) > 0) return undefined;
  return { type: x.type, dims: indices.dims, values: at.map((index) => x.values[index] ?? null) };
};

function reduce(apply: (values: readonly number[]) => number): Fold {
  return ({ node, known: [x] }) => {
    const values = numeric(x);
    if (!x || !values || x.dims.length > 1 || node.bool('keep_dims')) return undefined;
    return { type: x.type, dims: [], values: [apply(values)] };
  };
}

const slice: Fold = ({ known: [x, begin, size] }) => {
  const [from, count] = [numeric(begin)?.[0], numeric(size)?.[0]];
  if (x?.dims.length !== 1 || from === undefined || count === undefined) return undefined;
  const values = x.values.slice(from, count === -1 ? undefined : from + count);
  return { type: x.type, dims: [values.length], values };
};

const strided: Fold = ({ node, known: [x, begin, end, strides] }) => {
  const [b, e, s] = [numeric(begin), numeric(end), numeric(strides)];
  if (x?.dims.length !== 1 || !b || !e || !s) return undefined;
  const plan = stridedSlice(node, x.dims, b, e, s);
  const [part] = plan.slices;
  let values: Dimension[] = [...x.values];
  if (part) {
    const last = x.values.length - 1;
    const start = Math.min(Math.max(part.start, 0), part.step > 0 ? last + 1 : last);
    const stop = Math.min(Math.max(part.end, -1), last + 1);
    values = [];
    for (let at = start; part.step > 0 ? at < stop : at > stop; at += part.step)
      values.push(x.values[at] ?? null);
  }
  const dims = plan.shrunk.length > 0 ? [] : [values.length];
  return plan.added.length > 0 ? undefined : { type: x.type, dims, values };
};

const select: Fold = ({ known: [condition, a, b] }) => {
  const yes = numeric(condition);
  if (!a || !b || yes?.length !== 1 || a.dims.length !== b.dims.length) return undefined;
  return yes[0] ? a : b;
};

const same: Fold = ({ known: [x] }) => x;
const floorMod = (a: number, b: number) => a - Math.floor(a / b) * b;

const FOLDS: Readonly<Record<string, Fold>> = {
  Shape: shape,
  Size: size,
  Rank: ({ shape }) => {
    const rank = shape(0)?.length;
    return rank === undefined ? undefined : { type: 'int64', dims: [], values: [rank] };
  },
  Pack: pack,
  ConcatV2: concat,
  Cast: cast,
  Identity: same,
  StopGradient: same,
  Reshape: reshape,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  Range: range,
  Fill: fill,
  GatherV2: gather,
  Gather: gather,
  Slice: slice,
  StridedSlice: strided,
  Select: select,
  SelectV2: select,
  Add: either((a, b) => a + b, 0),
  AddV2: either((a, b) => a + b, 0),
  Sub: binary((a, b) => a - b, 0),
  Mul: either((a, b) => a * b, 1),
  RealDiv: binary((a, b) => a / b, 1),
  Div: binary((a, b) => a / b, 1),
  FloorDiv: binary((a, b) => Math.floor(a / b), 1),
  FloorMod: binary(floorMod),
  Mod: binary((a, b) => a % b),
  Maximum: binary(Math.max),
  Minimum: binary(Math.min),
  Pow: binary((a, b) => a ** b),
  Equal: compare((a, b) => a === b),
  NotEqual: compare((a, b) => a !== b),
  Greater: compare((a, b) => a > b),
  GreaterEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessEqual: compare((a, b) => a <= b),
  LogicalAnd: compare((a, b) => a !== 0 && b !== 0),
  LogicalOr: compare((a, b) => a !== 0 || b !== 0),
  LogicalNot: unary((x) => Number(x === 0)),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Sqrt: unary(Math.sqrt),
  Prod: reduce((values) => values.reduce((product, value) => product * value, 1)),
  Sum: reduce((values) => values.reduce((sum, value) => sum + value, 0)),
  Max: reduce((values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  Min: reduce((values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)),
};

/** The output's numbers as far as they are known; undefined when nothing is, or the operation is not followed. */
export function fold(context: FoldContext): Numbers | undefined {
  const op = Object.hasOwn(FOLDS, context.node.op) ? FOLDS[context.node.op] : undefined;
  const found = op?.(context);
  if (!found || found.values.length > MOST_KNOWN) return undefined;
  if (found.type !== 'float32') return found;
  return { ...found, values: found.values.map((x) => (typeof x === 'number' ? Math.fround(x) : x)) };
}
