/** Whole steps: the gradient of every loss against numeric ones, every optimiser against its formula in plain JavaScript. */

import type { OptimizerOptions } from '@scry/onnx/gradients/step/optimizer';
import {
  type TrainingOptions,
  type TrainingStep,
  trainingStep,
} from '@scry/onnx/gradients/step/training-step';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import type { Graph } from '@scry/onnx/graph/graph';
import { string } from '@scry/onnx/proto/attribute';
import { float32 } from '@scry/onnx/proto/tensor';
import * as ort from 'onnxruntime-node';
import { seeded } from '../../../helpers/numeric-gradient.js';
import { SMALL_WEIGHTS, smallBatches, smallNetwork } from '../../../helpers/small-network.js';

/** Optimisers that change the weights. */
type Updating = Exclude<OptimizerOptions, { kind: 'none' }>;

const PLAIN: Updating = { kind: 'sgd' };
const NORMALISED = [...SMALL_WEIGHTS, 'norm.scale', 'norm.bias'];
type Feeds = Record<string, ort.Tensor>;
const floats = (values: ArrayLike<number>, dims: number[] = [values.length]) =>
  new ort.Tensor('float32', Float32Array.from(values), dims);

function feedsOf(step: TrainingStep, softTargets: number[] | null = null): Feeds {
  const [batch] = smallBatches(1, 4);
  const targets = Array.from(batch?.targets ?? []);
  const random = seeded(11);
  const masks = step.masks.map(({ name, dims }) => [
    name,
    floats(
      Array.from({ length: 4 * (dims[0] ?? 1) }, () => (random() < 0.5 ? 0 : 2)),
      [4, ...dims],
    ),
  ]);
  return {
    image: floats(batch?.images ?? [], [4, ...step.image.dims]),
    targets: softTargets
      ? floats(softTargets, [4, step.classes])
      : new ort.Tensor('int64', BigInt64Array.from(targets, BigInt), [4]),
    sample_weights: floats([1, 0.5, 2, 1]),
    weights: floats(step.initial.weights),
    learning_rate: floats([1], []),
    step: floats([1], []),
    ...(step.initial.statistics.length > 0 ? { statistics: floats(step.initial.statistics) } : {}),
    ...Object.fromEntries(step.states.map((name) => [name, floats(new Float32Array(step.weights.size))])),
    ...Object.fromEntries(masks),
  };
}

async function opened<T>(model: Uint8Array, use: (session: ort.InferenceSession) => Promise<T>): Promise<T> {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

const numbers = (tensor: ort.Tensor | undefined) => Array.from(tensor?.data as Float32Array);

/** With plain descent at rate 1, the gradient is what a step takes off; the loss at other weights gives the numeric one. */
async function gradientError(graph: Graph, options: Partial<TrainingOptions>, softTargets: number[] | null) {
  const step = trainingStep(graph, { trainable: SMALL_WEIGHTS, optimizer: PLAIN, ...options });
  return opened(step.step, async (session) => {
    const feeds = feedsOf(step, softTargets);
    const start = numbers(feeds.weights);
    const after = numbers((await session.run(feeds)).new_weights);
    const lossAt = async (index: number, shift: number) => {
      const moved = start.map((value, at) => (at === index ? value + shift : value));
      return numbers((await session.run({ ...feeds, weights: floats(moved) })).loss)[0] as number;
    };
    let worst = 0;
    const found = start.map((value, index) => value - (after[index] as number));
    const scale = Math.max(...found.map(Math.abs));
    for (const [index, gradient] of found.entries()) {
      const difference = (await lossAt(index, 1 / 32)) - (await lossAt(index, -1 / 32));
      worst = Math.max(worst, Math.abs(difference * 16 - gradient) / scale);
    }
    return worst;
  });
}

const SOFT = [0.2, 0.5, 0.3, 1, 0, 0, 0, 0.6, 0.4, 0.1, 0.1, 0.8];
const YES = [1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1];
test.each<[string, Graph, Partial<TrainingOptions>, number[] | null]>([
  ['softmax and cross-entropy', smallNetwork(), {}, null],
  ['logits without an activation', smallNetwork({ end: 'none' }), {}, null],
  ['label smoothing', smallNetwork(), { labelSmoothing: 0.2 }, null],
  ['class weights', smallNetwork(), { classWeights: [1, 3, 0.5] }, null],
  [
    'class weights and label smoothing',
    smallNetwork(),
    { classWeights: [1, 3, 0.5], labelSmoothing: 0.1 },
    null,
  ],
  ['soft targets', smallNetwork(), { targets: 'soft', classWeights: [1, 2, 1], labelSmoothing: 0.1 }, SOFT],
  ['sigmoid and binary cross-entropy', smallNetwork({ end: 'Sigmoid' }), { targets: 'soft' }, YES],
  ['sigmoid with class indices', smallNetwork({ end: 'Sigmoid' }), { labelSmoothing: 0.1 }, null],
  ['dropout', smallNetwork({ dropout: 0.5 }), {}, null],
  [
    'batch normalisation in training',
    smallNetwork({ normalised: true }),
    { trainable: NORMALISED, batchNormalization: 'train' },
    null,
  ],
  ['batch normalisation frozen', smallNetwork({ normalised: true }), { trainable: NORMALISED }, null],
  ['only the last layer', smallNetwork(), { trainable: ['dense.weight', 'dense.bias'] }, null],
])('the gradient of %s agrees with the numeric one', async (_, graph, options, softTargets) => {
  expect(await gradientError(graph, options, softTargets)).toBeLessThan(2e-3);
});

/** One step of PyTorch's optimisers on plain numbers; `state` is changed. */
function reference(
  options: Updating,
  w: number,
  g: number,
  state: number[],
  rate: number,
  t: number,
  decays: boolean,
) {
  const decay = decays ? (options.weightDecay ?? 0) : 0;
  if (options.kind === 'sgd') {
    const gradient = g + decay * w;
    const momentum = options.momentum ?? 0;
    state[0] = momentum * (state[0] as number) + gradient;
    return w - rate * (options.nesterov ? gradient + momentum * state[0] : state[0]);
  }
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const gradient = options.kind === 'adam' ? g + decay * w : g;
  const start = options.kind === 'adamw' ? w * (1 - rate * decay) : w;
  state[0] = beta1 * (state[0] as number) + (1 - beta1) * gradient;
  state[1] = beta2 * (state[1] as number) + (1 - beta2) * gradient * gradient;
  const divisor = Math.sqrt(state[1] / (1 - beta2 ** t)) + epsilon;
  return start - (rate * state[0]) / (1 - beta1 ** t) / divisor;
}

test.each<Updating>([
  { kind: 'sgd' },
  { kind: 'sgd', momentum: 0.9, weightDecay: 0.1 },
  { kind: 'sgd', momentum: 0.9, nesterov: true },
  { kind: 'adam' },
  { kind: 'adam', weightDecay: 0.1 },
  { kind: 'adamw', weightDecay: 0.1, beta2: 0.99 },
])('three steps of %j agree with its formula', async (optimizer) => {
  const step = trainingStep(smallNetwork(), { trainable: SMALL_WEIGHTS, optimizer });
  const plain = trainingStep(smallNetwork(), { trainable: SMALL_WEIGHTS, optimizer: PLAIN });
  await opened(plain.step, (gradients) =>
    opened(step.step, async (session) => {
      const feeds = feedsOf(step);
      const states = Array.from({ length: step.weights.size }, () => [0, 0]);
      for (const t of [1, 2, 3]) {
        const before = numbers(feeds.weights);
        const found = numbers(
          (await gradients.run({ ...feedsOf(plain), weights: floats(before) })).new_weights,
        );
        const rate = 0.1 / t;
        const result = await session.run({
          ...feeds,
          learning_rate: floats([rate], []),
          step: floats([t], []),
        });
        const expected = before.map((w, index) =>
          reference(
            optimizer,
            w,
            w - (found[index] as number),
            states[index] as number[],
            rate,
            t,
            index < step.weights.decayed,
          ),
        );
        const after = numbers(result.new_weights);
        for (const [index, value] of expected.entries()) expect(after[index]).toBeCloseTo(value, 3);
        feeds.weights = floats(after);
        for (const name of step.states) feeds[name] = floats(numbers(result[`new_${name}`]));
      }
    }),
  );
});

test('a clipped gradient has the norm asked for', async () => {
  const step = trainingStep(smallNetwork(), { trainable: SMALL_WEIGHTS, optimizer: PLAIN, clipNorm: 0.01 });
  const norm = await opened(step.step, async (session) => {
    const feeds = feedsOf(step);
    const after = numbers((await session.run(feeds)).new_weights);
    return Math.hypot(...numbers(feeds.weights).map((value, index) => value - (after[index] as number)));
  });
  expect(norm).toBeCloseTo(0.01, 4);
});

test('moving averages move toward the statistics of the batch, and inference uses them', async () => {
  const graph = smallNetwork({ normalised: true });
  const step = trainingStep(graph, { trainable: NORMALISED, optimizer: PLAIN, batchNormalization: 'train' });
  expect(step.statistics.map(({ name }) => name)).toEqual(['norm.mean', 'norm.variance']);
  const feeds = feedsOf(step);
  const moved = await opened(step.step, async (session) =>
    numbers((await session.run(feeds)).new_statistics),
  );
  // The convolution's output by a graph of its own.
  const inner: Graph = {
    ...graph,
    outputs: [{ name: 'Conv', type: 'float32' }],
    nodes: graph.nodes.slice(0, 1),
  };
  const convolved = await opened(new GraphBuilder(inner).build(), async (session) =>
    numbers((await session.run({ image: feeds.image as ort.Tensor })).Conv),
  );
  for (const channel of [0, 1, 2]) {
    const values = convolved.filter((_, index) => Math.floor(index / 36) % 3 === channel);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    const old = step.initial.statistics;
    expect(moved[channel]).toBeCloseTo(0.75 * (old[channel] as number) + 0.25 * mean, 5);
    expect(moved[channel + 3]).toBeCloseTo(0.75 * (old[channel + 3] as number) + 0.25 * variance, 5);
  }
  const { step: rate, learning_rate: _, ...measured } = feeds;
  expect(rate).toBeDefined();
  const loss = (statistics: number[]) =>
    opened(
      step.evaluation,
      async (session) =>
        numbers((await session.run({ ...measured, statistics: floats(statistics) })).loss)[0],
    );
  expect(await loss(moved)).not.toBe(await loss(Array.from(step.initial.statistics)));
});

test('layers before the first trained weight get no backward nodes', () => {
  const bytes = (trainable: string[]) =>
    trainingStep(smallNetwork(), { trainable, optimizer: PLAIN }).step.length;
  const whole = trainingStep(smallNetwork(), { trainable: SMALL_WEIGHTS, optimizer: PLAIN });
  expect(new TextDecoder('latin1').decode(whole.step)).toContain('g_Resize');
  const last = trainingStep(smallNetwork(), { trainable: ['dense.weight', 'dense.bias'], optimizer: PLAIN });
  expect(new TextDecoder('latin1').decode(last.step)).not.toContain('g_Resize');
  expect(bytes(['dense.weight'])).toBeLessThan(whole.step.length);
});

test('an operation without a gradient is named, but only where a trained weight lies before it', () => {
  const graph = smallNetwork();
  const pool = graph.nodes.find(({ op }) => op === 'AveragePool');
  if (!pool) throw new Error('The network has no pool.');
  graph.nodes.splice(graph.nodes.indexOf(pool), 0, {
    name: 'odd',
    op: 'LpNormalization',
    domain: '',
    inputs: [...pool.inputs],
    outputs: ['odd_output'],
    attributes: {},
  });
  pool.inputs = ['odd_output'];
  expect(() => trainingStep(graph, { trainable: SMALL_WEIGHTS, optimizer: PLAIN })).toThrow(
    'The node "odd" (LpNormalization) has no gradient, and weights that are to be trained lie before it.',
  );
  expect(() => trainingStep(graph, { trainable: ['dense.weight'], optimizer: PLAIN })).not.toThrow();
});

test('what cannot be trained is said in a sentence', () => {
  const options = { trainable: SMALL_WEIGHTS, optimizer: PLAIN };
  expect(() => trainingStep(smallNetwork(), { ...options, trainable: [] })).toThrow('No weight was chosen');
  expect(() => trainingStep(smallNetwork(), { ...options, trainable: ['nothing'] })).toThrow(
    'no weight "nothing"',
  );
  expect(() => trainingStep(smallNetwork(), { ...options, output: 'other' })).toThrow('no output "other"');
  expect(() => trainingStep(smallNetwork(), { ...options, classWeights: [1] })).toThrow(
    '1 class weights for 3 classes',
  );
  const map = new GraphBuilder();
  const image = map.input('image', 'float32', ['batch', 2, 6, 6]);
  const kernel = map.constant(float32(new Float32Array(4).fill(1), [2, 2, 1, 1]), 'kernel');
  map.output(map.node('Conv', [image, kernel], { auto_pad: string('SAME_UPPER') }), 'map');
  expect(() => trainingStep(map.graph, { ...options, trainable: ['kernel'] })).toThrow(
    'not one number per class',
  );
});
