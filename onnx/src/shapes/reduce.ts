import type { Dimension } from '../graph/graph.js';
import { intOf, intsOf } from '../proto/attribute.js';
import { fromFront, like, type Rule } from './rule.js';

/** Axes are an attribute at first and an input later; without any, all axes are reduced. */
const reduce: Rule = (context) => {
  const shape = context.shape(0);
  if (!shape) return like(context, undefined);
  const { attributes, inputs } = context.node;
  const given = intsOf(attributes, 'axes') ?? (inputs[1] ? context.numbers(1) : []);
  if (!given) return like(context, undefined);
  const keep = intOf(attributes, 'keepdims', 1) === 1;
  const nothing = given.length === 0 && intOf(attributes, 'noop_with_empty_axes', 0) === 1;
  const axes = new Set(given.map((axis) => fromFront(axis, shape.length)));
  const reduced = (axis: number) => !nothing && (axes.size === 0 || axes.has(axis));
  return like(
    context,
    shape.flatMap((size, axis): Dimension[] => (reduced(axis) ? (keep ? [1] : []) : [size])),
  );
};

const OPS = 'Mean Sum Max Min Prod L1 L2 LogSum LogSumExp SumSquare';

export const REDUCE: Readonly<Record<string, Rule>> = Object.fromEntries(
  OPS.split(' ').map((op) => [`Reduce${op}`, reduce]),
);
