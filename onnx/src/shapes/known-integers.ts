/**
 * Evaluates the small integer computations by which exporters calculate shapes (Shape → Gather → Concat → Reshape),
 * with free sizes kept by name.
 */
import type { Dimension } from '../graph/graph.js';
import { intOf, tensorOf } from '../proto/attribute.js';
import { toNumbers } from '../proto/tensor.js';
import { sliceOf } from './layout.js';
import { fromFront, type RuleContext } from './rule.js';

type Known = readonly Dimension[] | undefined;
type Evaluate = (context: RuleContext) => Known;

/** Longer vectors are data, not shapes. */
export const LONGEST_SHAPE = 64;

const passed: Evaluate = (context) => context.dimensions(0);

const shapeOf: Evaluate = (context) => {
  const shape = context.shape(0);
  if (!shape) return undefined;
  const { attributes } = context.node;
  const start = fromFront(intOf(attributes, 'start', 0), shape.length);
  return shape.slice(start, fromFront(intOf(attributes, 'end', shape.length), shape.length));
};

const gather: Evaluate = (context) => {
  const source = context.dimensions(0);
  return source && context.numbers(1)?.map((at) => source[fromFront(at, source.length)] ?? null);
};

const concat: Evaluate = (context) => {
  const parts = context.node.inputs.map((_, index) => context.dimensions(index));
  return parts.every((part) => part) ? parts.flatMap((part) => part as readonly Dimension[]) : undefined;
};

const slice: Evaluate = (context) => {
  const source = context.dimensions(0);
  const part = sliceOf(context, 1)?.[0];
  if (!source || part?.start === undefined || part.end === undefined || part.step !== 1) return undefined;
  return source.slice(part.start, part.end);
};

const numberOf = (size: Dimension | undefined) => (typeof size === 'number' ? size : null);

function arithmetic(apply: (a: number, b: number) => number, neutral: number): Evaluate {
  return (context) => {
    const a = context.dimensions(0);
    const b = context.dimensions(1);
    if (!a || !b) return undefined;
    const one = (left: Dimension | undefined, right: Dimension | undefined): Dimension => {
      if (right === neutral) return left ?? null;
      const x = numberOf(left);
      const y = numberOf(right);
      return x === null || y === null ? null : apply(x, y);
    };
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) =>
      one(a.length === 1 ? a[0] : a[index], b.length === 1 ? b[0] : b[index]),
    );
  };
}

const constant: Evaluate = (context) => {
  const value = tensorOf(context.node.attributes, 'value');
  if (value && value.type !== 'string' && value.data.length <= LONGEST_SHAPE) return toNumbers(value);
  const { value_ints, value_int } = context.node.attributes;
  if (value_ints?.kind === 'ints') return value_ints.value;
  return value_int?.kind === 'int' ? [value_int.value] : undefined;
};

const filled: Evaluate = (context) => {
  const length = context.dimensions(0)?.[0];
  if (typeof length !== 'number' || length > LONGEST_SHAPE) return undefined;
  const value = tensorOf(context.node.attributes, 'value');
  return Array<number>(length).fill(value ? (toNumbers(value)[0] ?? 0) : 0);
};

const where: Evaluate = (context) => {
  const [condition, a, b] = [context.numbers(0), context.dimensions(1), context.dimensions(2)];
  if (!condition || !a || !b) return undefined;
  return condition.map((yes, index) => (yes ? a : b)[(yes ? a : b).length === 1 ? 0 : index] ?? null);
};

const equal: Evaluate = (context) => {
  const [a, b] = [context.numbers(0), context.numbers(1)];
  return a && b && a.map((value, index) => Number(value === b[b.length === 1 ? 0 : index]));
};

export const KNOWN_INTEGERS: Readonly<Record<string, Evaluate>> = {
  Shape: shapeOf,
  Gather: gather,
  Concat: concat,
  Slice: slice,
  Constant: constant,
  ConstantOfShape: filled,
  Where: where,
  Equal: equal,
  Identity: passed,
  Cast: passed,
  Floor: passed,
  Squeeze: passed,
  Unsqueeze: passed,
  Reshape: passed,
  Add: arithmetic((a, b) => a + b, 0),
  Sub: arithmetic((a, b) => a - b, 0),
  Mul: arithmetic((a, b) => a * b, 1),
  Div: arithmetic((a, b) => a / b, 1),
};
