/**
 * Resizing by filters that ONNX's Resize does not have, and by any filter that widens when an image is reduced
 * (antialiasing): two products with matrices of weights, which are calculated in the graph, so that sizes may be free.
 * Sources: tensorflow/core/kernels/image/scale_and_translate_op.cc, sampling_kernels.h, resize_area_op.cc.
 */
import { int, ints } from '../../proto/attribute.js';
import { int64, scalar } from '../../proto/tensor.js';
import type { LayerContext } from './layer-kind.js';

/** Adds nodes and numbers with little writing. */
class Formula {
  readonly #context: LayerContext;

  constructor(context: LayerContext) {
    this.#context = context;
  }

  number(value: number): string {
    return this.#context.graph.constant(scalar(value), 'number');
  }

  of(op: string, ...operands: readonly (string | number)[]): string {
    const names = operands.map((operand) => (typeof operand === 'number' ? this.number(operand) : operand));
    return this.#context.node(op, names);
  }

  /** Horner's scheme, the highest power first. */
  polynomial(x: string, coefficients: readonly number[]): string {
    const [first = 0, ...rest] = coefficients;
    return rest.reduce<string>(
      (sum, coefficient) => this.of('Add', this.of('Mul', sum, x), coefficient),
      this.number(first),
    );
  }

  /** `value` where x is below `limit`, else `otherwise`. */
  below(x: string, limit: number, value: string, otherwise: string | number): string {
    return this.of('Where', this.of('Less', x, limit), value, otherwise);
  }
}

/** Weight of a pixel at the distance x ≥ 0, in units of the filter. */
type Filter = (formula: Formula, x: string) => string;

const cubic =
  (near: readonly number[], far: readonly number[]): Filter =>
  (formula, x) =>
    formula.below(x, 1, formula.polynomial(x, near), formula.below(x, 2, formula.polynomial(x, far), 0));

/** radius · sin(πx) · sin(πx / radius) / (πx)² */
const lanczos =
  (radius: number): Filter =>
  (formula, x) => {
    const angle = formula.of('Mul', formula.of('Max', x, 1e-3), Math.PI);
    const sines = formula.of(
      'Mul',
      formula.of('Sin', angle),
      formula.of('Sin', formula.of('Div', angle, radius)),
    );
    const value = formula.of('Div', formula.of('Mul', sines, radius), formula.of('Mul', angle, angle));
    const inside = formula.of('Where', formula.of('LessOrEqual', x, 1e-3), 1, value);
    return formula.of('Where', formula.of('Greater', x, radius), 0, inside);
  };

const FILTERS: Readonly<Record<string, Filter>> = {
  bilinear: (formula, x) => formula.of('Relu', formula.of('Sub', 1, x)),
  bicubic: cubic([1.5, -2.5, 0, 1], [-0.5, 2.5, -4, 2]),
  mitchellcubic: cubic([7 / 6, -2, 0, 8 / 9], [-7 / 18, 2, -10 / 3, 16 / 9]),
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: (formula, x) =>
    formula.below(x, 1.5, formula.of('Exp', formula.of('Mul', formula.of('Mul', x, x), -2)), 0),
};

/** Filters that a Resize of ONNX has as well, and as TensorFlow has it. */
const PLAIN = new Set(['nearest', 'bilinear', 'bicubic']);

/** Whether an image must be resized here. Antialiasing changes nothing for nearest and area. */
export function needsWeights(interpolation: string, antialias: boolean): boolean {
  if (PLAIN.has(interpolation)) return antialias && interpolation !== 'nearest';
  return interpolation === 'area' || Object.hasOwn(FILTERS, interpolation);
}

/** 0, 1, … as numbers, in a column or a row. */
function count(context: LayerContext, length: string, side: 0 | 1): string {
  const zero = context.graph.constant(int64([0], []), 'zero');
  const one = context.graph.constant(int64([1], []), 'one');
  const end = context.node('Squeeze', [length, context.graph.constant(int64([0]), 'axes')]);
  const numbers = context.node('Range', [zero, end, one]);
  const shaped = context.node('Unsqueeze', [numbers, context.graph.constant(int64([1 - side]), 'axes')]);
  return context.node('Cast', [shaped], { to: int(1) });
}

/**
 * Weights of one axis, [to, from].
 * @param from int64 value of one element: the size before @param to the size after
 */
function weights(
  context: LayerContext,
  from: string,
  to: string,
  interpolation: string,
  antialias: boolean,
): string {
  const formula = new Formula(context);
  const [before, after] = [from, to].map((size) => context.node('Cast', [size], { to: int(1) })) as [
    string,
    string,
  ];
  const [target, source] = [count(context, to, 0), count(context, from, 1)];
  if (interpolation === 'area') {
    const scale = formula.of('Div', before, after);
    const begin = formula.of('Mul', target, scale);
    const end = formula.of('Mul', formula.of('Add', target, 1), scale);
    const until = formula.of('Min', end, formula.of('Add', source, 1));
    return formula.of(
      'Div',
      formula.of('Relu', formula.of('Sub', until, formula.of('Max', begin, source))),
      scale,
    );
  }
  const inverse = formula.of('Div', 1, formula.of('Div', after, before)); // rounded as TensorFlow rounds it
  const centre = formula.of('Mul', formula.of('Add', target, 0.5), inverse);
  const away = formula.of('Abs', formula.of('Sub', formula.of('Add', source, 0.5), centre));
  const x = antialias ? formula.of('Div', away, formula.of('Max', inverse, 1)) : away;
  const raw = (FILTERS[interpolation] as Filter)(formula, x);
  const total = context.node('ReduceSum', [raw, context.graph.constant(int64([1]), 'axes')], {
    keepdims: int(1),
  });
  return formula.of('Div', raw, total);
}

type Pair = readonly [string, string];

/** Rows and columns of an image with channels first. */
function sizesOf(context: LayerContext, x: string): Pair {
  const shape = context.node('Shape', [x]);
  const at = (axis: number) => {
    const bounds = [axis, axis + 1].map((place) => context.graph.constant(int64([place]), 'place'));
    return context.node('Slice', [shape, ...bounds]);
  };
  return [at(2), at(3)];
}

/** Resizes an image with channels first. @param target rows and columns: int64 values of one element */
export function resample(
  context: LayerContext,
  x: string,
  target: Pair,
  interpolation: string,
  antialias: boolean,
): string {
  const [rows, columns] = sizesOf(context, x);
  const down = weights(context, rows, target[0], interpolation, antialias);
  const across = weights(context, columns, target[1], interpolation, antialias);
  const turned = context.node('Transpose', [across], { perm: ints([1, 0]) });
  return context.node('MatMul', [down, context.node('MatMul', [x, turned])]);
}

/** Enlarges an image with channels first by whole factors. */
export function resampleBy(
  context: LayerContext,
  x: string,
  factors: readonly [number, number],
  interpolation: string,
): string {
  const target = sizesOf(context, x).map((size, side) =>
    context.node('Mul', [size, context.graph.constant(int64([factors[side as 0]]), 'factor')]),
  ) as [string, string];
  return resample(context, x, target, interpolation, false);
}
