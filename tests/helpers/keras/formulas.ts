/** Activations, written out. */
import { type Array3, alongLast, map } from './compute.js';

export const softmax = (values: readonly number[]): number[] => {
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
};

const erf = (x: number): number => {
  // Series for small, continued fraction for large arguments.
  if (Math.abs(x) > 3) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 60; n += 1) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
const between = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/** Activations of one number, by Keras' names; `hard_sigmoid` as in Keras 3. */
export const ACTIVATIONS: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => between(x, 0, 6),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.05070098 * (x > 0 ? x : 1.67326324 * Math.expm1(x)),
  celu: (x) => (x > 0 ? x : Math.expm1(x)),
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
  sigmoid,
  hard_sigmoid: (x) => between(x / 6 + 0.5, 0, 1),
  hard_silu: (x) => x * between(x / 6 + 0.5, 0, 1),
  hard_swish: (x) => x * between(x / 6 + 0.5, 0, 1),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  mish: (x) => x * Math.tanh(softplus(x)),
  exponential: Math.exp,
  hard_tanh: (x) => between(x, -1, 1),
  log_sigmoid: (x) => -softplus(-x),
  tanh_shrink: (x) => x - Math.tanh(x),
  soft_shrink: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0),
  hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  sparse_sigmoid: (x) => between((x + 1) / 2, 0, 1),
};

export function activate(x: Array3, name: string): Array3 {
  if (name === 'softmax') return alongLast(x, softmax);
  const formula = ACTIVATIONS[name];
  if (!formula) throw new Error(`no formula for ${name}`);
  return map(x, formula);
}
