/** Checks gradients that were written as nodes against numeric ones of the forward pass. */

import { backward } from '@scry/onnx/gradients/backward';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import type { Dimension } from '@scry/onnx/graph/graph';
import * as ort from 'onnxruntime-node';

export interface GradientCase {
  /** Sizes of each input; the first axis of inputs named in `batched` is free in the graph. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly batched?: readonly string[];
  /** The value drawn at a number, evenly from −1 to 1 unless given; kinks of the operation must not lie within `step` · 2 of a value. */
  readonly values?: (index: number, random: () => number) => number;
  readonly forward: (builder: GraphBuilder, names: Record<string, string>) => string;
  readonly opset?: number;
}

/** Numbers between 0 and 1, the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const STEP = 1 / 64;
const OPTIONS: ort.InferenceSession.SessionOptions = { logSeverityLevel: 3, intraOpNumThreads: 1 };
const count = (dims: readonly number[]) => dims.reduce((product, size) => product * size, 1);

function build(given: GradientCase) {
  const builder = new GraphBuilder();
  builder.graph.opsets.set('', given.opset ?? 18);
  const names: Record<string, string> = {};
  for (const [name, dims] of Object.entries(given.inputs)) {
    const shape: Dimension[] = given.batched?.includes(name) ? ['batch', ...dims.slice(1)] : [...dims];
    names[name] = builder.input(name, 'float32', shape);
  }
  const answer = given.forward(builder, names);
  return { builder, answer };
}

async function analytic(given: GradientCase, feeds: Record<string, ort.Tensor>, weights: ort.Tensor) {
  const { builder, answer } = build(given);
  const tape = builder.graph.nodes.map((node) => ({ node }));
  const shape = builder.shape(answer);
  const seed = builder.input('seed', 'float32', shape);
  const sources = new Set(Object.keys(given.inputs));
  const found = backward(builder, tape, new Map([[answer, seed]]), sources);
  for (const [source, gradient] of found) builder.output(gradient, `d_${source}`);
  const session = await ort.InferenceSession.create(builder.build(), OPTIONS);
  const result = await session.run({ ...feeds, seed: weights });
  await session.release();
  return result;
}

/** The loss: the outputs weighted by fixed random numbers, summed in double precision. */
function lossOf(output: ort.Tensor, weights: ort.Tensor): number {
  const values = output.data as Float32Array;
  const factors = weights.data as Float32Array;
  return values.reduce((sum, value, index) => sum + value * (factors[index] as number), 0);
}

/** Five-point derivative, whose error grows with the fourth power of the step. */
async function numeric(values: Float32Array, index: number, loss: () => Promise<number>): Promise<number> {
  const middle = values[index] as number;
  const at = async (steps: number) => {
    values[index] = middle + steps * STEP;
    const result = await loss();
    values[index] = middle;
    return result;
  };
  const [a, b, c, d] = [await at(-2), await at(-1), await at(1), await at(2)];
  return (a - 8 * b + 8 * c - d) / (12 * STEP);
}

/** @returns the largest difference of any element of any gradient, relative to the largest element of that gradient */
export async function largestDifference(given: GradientCase): Promise<number> {
  const random = seeded(7);
  let drawn = 0;
  const draw = given.values ?? (() => random() * 2 - 1);
  const feeds = Object.fromEntries(
    Object.entries(given.inputs).map(([name, dims]) => [
      name,
      new ort.Tensor(
        'float32',
        Float32Array.from({ length: count(dims) }, () => draw(drawn++, random)),
        [...dims],
      ),
    ]),
  );
  const { builder, answer } = build(given);
  builder.output(answer, 'answer');
  const session = await ort.InferenceSession.create(builder.build(), OPTIONS);
  const run = async () => (await session.run(feeds)).answer as ort.Tensor;
  const first = await run();
  const weights = new ort.Tensor(
    'float32',
    Float32Array.from(first.data as Float32Array, () => random() - 0.5),
    [...first.dims],
  );
  const gradients = await analytic(given, feeds, weights);
  let worst = 0;
  for (const name of Object.keys(given.inputs)) {
    const values = feeds[name]?.data as Float32Array;
    const found = gradients[`d_${name}`]?.data as Float32Array;
    const expected: number[] = [];
    for (let index = 0; index < values.length; index += 1)
      expected.push(await numeric(values, index, async () => lossOf(await run(), weights)));
    const scale = Math.max(...expected.map(Math.abs), 1e-3);
    // NaN fails every comparison, so it must count as the worst.
    for (const [index, value] of expected.entries()) {
      const difference = Math.abs(value - (found?.[index] ?? Number.NaN)) / scale;
      worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    }
  }
  await session.release();
  return worst;
}
