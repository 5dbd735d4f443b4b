import type { Dimension } from '../graph/graph.js';
import { intOf } from '../proto/attribute.js';
import { broadcast } from './elementwise.js';
import { fromFront, info, like, type Rule } from './rule.js';

const matMul: Rule = (context) => {
  const a = context.shape(0);
  const b = context.shape(1);
  if (!a?.length || !b?.length) return like(context, undefined);
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)]) ?? [];
  const rows = a.length === 1 ? [] : [left.at(-2) as Dimension];
  const columns = b.length === 1 ? [] : [right.at(-1) as Dimension];
  return like(context, [...batch, ...rows, ...columns]);
};

const gemm: Rule = (context) => {
  const a = context.shape(0);
  const b = context.shape(1);
  if (!a || !b) return like(context, undefined);
  const { attributes } = context.node;
  const rows = a[intOf(attributes, 'transA', 0) ? 1 : 0] ?? null;
  const columns = b[intOf(attributes, 'transB', 0) ? 0 : 1] ?? null;
  return like(context, [rows, columns]);
};

const argument: Rule = (context) => {
  const shape = context.shape(0);
  if (!shape) return [info('int64', undefined)];
  const axis = fromFront(intOf(context.node.attributes, 'axis', 0), shape.length);
  const keep = intOf(context.node.attributes, 'keepdims', 1) === 1;
  return [
    info(
      'int64',
      shape.flatMap((size, at) => (at === axis ? (keep ? [1] : []) : [size])),
    ),
  ];
};

const topK: Rule = (context) => {
  const shape = context.shape(0);
  const axis = fromFront(intOf(context.node.attributes, 'axis', -1), shape?.length ?? 0);
  const count = context.dimensions(1)?.[0] ?? null;
  const kept = shape?.map((size, at) => (at === axis ? count : size));
  return [...like(context, kept), info('int64', kept)];
};

export const LINEAR: Readonly<Record<string, Rule>> = {
  MatMul: matMul,
  Gemm: gemm,
  ArgMax: argument,
  ArgMin: argument,
  TopK: topK,
  NonMaxSuppression: () => [info('int64', [null, 3])],
  NonZero: (context) => [info('int64', context.shape(0) && [context.shape(0)?.length ?? null, null])],
};
