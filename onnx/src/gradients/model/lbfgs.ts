/** Limited-memory BFGS for smooth functions of a vector. Source: Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.5. */

export interface Point {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface LbfgsOptions {
  readonly iterations: number;
  /** Ends when no element of the gradient is larger. */
  readonly tolerance: number;
  /** Called after every iteration; false ends the search. */
  readonly onIteration?: (iteration: number, at: Float64Array, value: number) => Promise<boolean> | boolean;
}

const MEMORY = 10;
/** Sufficient decrease, as usual for such methods. */
const ARMIJO = 1e-4;
const SMALLEST_STEP = 1e-8;

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** a + factor · b */
function plus(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  return a.map((value, index) => value + factor * (b[index] as number));
}

/** The two-loop recursion: the inverse Hessian, as the last pairs estimate it, times the gradient. */
function direction(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  let q = gradient;
  const alphas: number[] = [];
  for (const { s, y, rho } of [...pairs].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    q = plus(q, y, -alpha);
  }
  const last = pairs.at(-1);
  const scale = last
    ? 1 / (last.rho * dot(last.y, last.y))
    : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
  q = q.map((value) => value * scale);
  pairs.forEach(({ s, y, rho }, index) => {
    q = plus(q, s, (alphas[index] as number) - rho * dot(y, q));
  });
  return q.map((value) => -value);
}

/**
 * Finds a minimum. Its value never rises from one iteration to the next.
 * @param at where to begin @returns where it ended
 */
export async function minimize(
  at: Float64Array,
  evaluate: (at: Float64Array) => Promise<Point>,
  options: LbfgsOptions,
): Promise<Float64Array> {
  let x = at;
  let point = await evaluate(x);
  let pairs: Pair[] = [];
  for (let iteration = 1; iteration <= options.iterations; iteration += 1) {
    if (point.gradient.every((slope) => Math.abs(slope) <= options.tolerance)) break;
    const along = direction(point.gradient, pairs);
    const slope = dot(along, point.gradient);
    let step = 1;
    let next = plus(x, along, step);
    let found = await evaluate(next);
    while (!(found.value <= point.value + ARMIJO * step * slope) && step > SMALLEST_STEP) {
      step /= 2;
      next = plus(x, along, step);
      found = await evaluate(next);
    }
    if (step <= SMALLEST_STEP) break;
    const s = plus(next, x, -1);
    const y = plus(found.gradient, point.gradient, -1);
    const curvature = dot(s, y);
    if (curvature > 1e-12) pairs = [...pairs.slice(1 - MEMORY), { s, y, rho: 1 / curvature }];
    x = next;
    point = found;
    if ((await options.onIteration?.(iteration, x, point.value)) === false) break;
  }
  return x;
}
