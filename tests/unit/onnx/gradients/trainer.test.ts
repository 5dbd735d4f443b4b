/** Trainings of a small network: they learn, repeat bit for bit, stop, resume, and end in a file for inference. */
import { ConversionError } from '@scry/onnx/errors';
import { blocksOf, lastBlocks } from '@scry/onnx/gradients/model/blocks';
import { withWeights } from '@scry/onnx/gradients/model/fold';
import { embeddingGraph, findHead, randomHead, withNewHead } from '@scry/onnx/gradients/model/head';
import { trainHead } from '@scry/onnx/gradients/model/head-training';
import { trainingStep } from '@scry/onnx/gradients/step/training-step';
import { dropoutMask, shuffled } from '@scry/onnx/gradients/trainer/random';
import { runtimeOf } from '@scry/onnx/gradients/trainer/runtime';
import { learningRate } from '@scry/onnx/gradients/trainer/schedule';
import { Trainer } from '@scry/onnx/gradients/trainer/trainer';
import { type RunOptions, runTraining } from '@scry/onnx/gradients/trainer/training-run';
import { readGraph, writeGraph } from '@scry/onnx/graph/file';
import * as ort from 'onnxruntime-node';
import { SMALL_WEIGHTS, smallBatches, smallNetwork } from '../../../helpers/small-network.js';

const runtime = runtimeOf(ort, { intraOpNumThreads: 1 });
const NORMALISED = [...SMALL_WEIGHTS, 'norm.scale', 'norm.bias'];
const graph = smallNetwork({ normalised: true, dropout: 0.3 });
const step = trainingStep(graph, {
  trainable: NORMALISED,
  optimizer: { kind: 'adam' },
  batchNormalization: 'train',
});
const OPTIONS: RunOptions = {
  epochs: 6,
  stepsPerEpoch: 5,
  schedule: { kind: 'one-cycle', rate: 0.03 },
  batches: (epoch) => smallBatches(5, 16, epoch),
  validation: () => smallBatches(2, 30, 99),
};

async function training<T>(seed: number, use: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = await Trainer.create(step, runtime, seed);
  try {
    return await use(trainer);
  } finally {
    await trainer.release();
  }
}

const weightsOf = (seed: number) =>
  training(seed, async (trainer) => {
    await runTraining(trainer, OPTIONS);
    return trainer.vectors();
  });

test('a training learns, and gives the same weights for the same seed and others for another', async () => {
  const result = await training(1, async (trainer) => ({
    ...(await runTraining(trainer, OPTIONS)),
    weights: trainer.vectors(),
  }));
  const last = result.history.at(-1)?.validation;
  expect(result.history[0]?.loss).toBeGreaterThan((result.history.at(-1)?.loss ?? 1) * 1.5);
  expect(last?.accuracy).toBeGreaterThan(0.9);
  expect(last?.confusion?.flat().reduce((a, b) => a + b, 0)).toBe(60);
  const again = await weightsOf(1);
  expect(again).toEqual(result.weights);
  const other = await weightsOf(2);
  expect(other).not.toEqual(result.weights);
});

test('a training that goes on from a checkpoint ends with the same weights as one that was not interrupted', async () => {
  let checkpoint: Uint8Array | undefined;
  const whole = await training(1, async (trainer) => {
    const result = await runTraining(trainer, {
      ...OPTIONS,
      onEpoch: ({ epoch }, save) => {
        if (epoch === 3) checkpoint = save();
      },
    });
    return { result, last: trainer.vectors() };
  });
  const resumed = await training(1, async (trainer) => {
    const result = await runTraining(trainer, { ...OPTIONS, resume: checkpoint as Uint8Array });
    return { result, last: trainer.vectors() };
  });
  expect(resumed).toEqual(whole);
  await training(2, async (trainer) => {
    expect(() => trainer.restore(checkpoint as Uint8Array)).toThrow('another network, optimiser or seed');
    expect(() => trainer.restore((checkpoint as Uint8Array).slice(0, -4))).toThrow('cut off');
    expect(() => trainer.restore(new Uint8Array(100))).toThrow(ConversionError);
  });
});

test('a training stops when nothing gets better, and keeps the best weights', async () => {
  await training(1, async (trainer) => {
    const seen: Float32Array[] = [];
    const result = await runTraining(trainer, {
      ...OPTIONS,
      epochs: 50,
      patience: 2,
      metric: 'loss',
      onEpoch: () => void seen.push(trainer.vectors().weights),
    });
    expect(result.ended).toBe('stopped early');
    expect(result.history).toHaveLength(result.bestEpoch + 2);
    expect(result.best.weights).toEqual(seen[result.bestEpoch - 1]);
  });
});

test('an aborted training ends between two steps with what it has', async () => {
  await training(1, async (trainer) => {
    const controller = new AbortController();
    const result = await runTraining(trainer, {
      ...OPTIONS,
      signal: controller.signal,
      onStep: ({ epoch, step: at }) => {
        if (epoch === 2 && at === 2) controller.abort();
      },
    });
    expect(result.ended).toBe('aborted');
    expect(result.history).toHaveLength(1);
    expect(trainer.taken).toBe(7);
  });
});

test('the file with the learned weights gives what the trainer measured', async () => {
  await training(1, async (trainer) => {
    await runTraining(trainer, { ...OPTIONS, epochs: 2 });
    const [batch] = smallBatches(1, 4, 7);
    const { logits } = await trainer.measure(batch as never);
    const file = writeGraph(withWeights(graph, trainer.tensors(), { names: 'a,b,c' }));
    expect(readGraph(file).metadata.get('names')).toBe('a,b,c');
    const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 });
    const image = new ort.Tensor('float32', batch?.images as Float32Array, [4, 2, 6, 6]);
    const { probabilities } = await session.run({ image });
    await session.release();
    const row = Array.from(logits.subarray(0, 3), Math.exp);
    const total = row.reduce((a, b) => a + b, 0);
    row.forEach((value, index) => {
      expect(Number(probabilities?.data[index])).toBeCloseTo(value / total, 5);
    });
  });
  expect(() => withWeights(graph, new Map([['nothing', step.weights as never]]))).toThrow(
    'no weight "nothing"',
  );
});

test('batches that do not fit are refused', async () => {
  await training(1, async (trainer) => {
    const images = new Float32Array(72);
    await expect(trainer.train({ images, targets: [0, 1] }, 0.1)).rejects.toThrow(
      'does not fit images of 2 × 6 × 6',
    );
  });
});

test('the head of a classifier is found, cut off and replaced', async () => {
  expect(findHead(graph)).toMatchObject({ classes: 3 });
  const { graph: embedding, size } = embeddingGraph(graph);
  expect(size).toBe(27);
  expect(embedding.nodes.map(({ op }) => op)).not.toContain('Gemm');
  const replaced = withNewHead(graph, (length) => [randomHead(5, length, 1)], { dropout: 0.2 });
  const session = await ort.InferenceSession.create(writeGraph(replaced), { logSeverityLevel: 3 });
  const image = new ort.Tensor('float32', new Float32Array(144), [2, 2, 6, 6]);
  const result = await session.run({ image });
  await session.release();
  expect(result.probabilities?.dims).toEqual([2, 5]);
  expect(result.embedding?.dims).toEqual([2, 27]);
  const detector = {
    ...graph,
    outputs: [{ name: graph.nodes[0]?.outputs[0] ?? '', type: 'float32' as const }],
  };
  expect(() => findHead(detector)).toThrow('only classifiers can be a base');
});

test('blocks are counted from the output, each with what is learned behind its layer', () => {
  expect(blocksOf(graph).map(({ weights }) => weights)).toEqual([
    ['conv.weight', 'conv.bias', 'norm.scale', 'norm.bias'],
    ['dense.weight', 'dense.bias'],
  ]);
  expect(lastBlocks(graph, 1)).toEqual(['dense.weight', 'dense.bias']);
  expect(lastBlocks(graph, 'all')).toHaveLength(6);
});

test.each([
  ['softmax regression', {}],
  ['one hidden layer', { hidden: 16 }],
])('a head of %s is learned from embeddings and works on them as they are', async (_, more) => {
  const [train, other] = smallBatches(2, 120, 3);
  const embeddings = (batch: typeof train) => ({
    // Far from standard scale, so that folding it in is needed.
    values: Float32Array.from(batch?.images ?? [], (value) => value * 30 + 500),
    targets: Array.from(batch?.targets ?? []),
  });
  const data = embeddings(train);
  const validation = embeddings(other);
  const options = { classes: 3, size: 72, validation, patience: 20, seed: 1, ...more };
  const { layers } = await trainHead(runtime, data, options);
  expect(await trainHead(runtime, data, options)).toMatchObject({ layers });
  let right = 0;
  validation.targets.forEach((target, row) => {
    let x: Float32Array | number[] = validation.values.subarray(row * 72, row * 72 + 72);
    for (const [index, { weight, bias }] of layers.entries()) {
      const [outputs = 0, inputs = 0] = weight.dims;
      const next = Array.from({ length: outputs }, (__, unit) =>
        Array.from(x).reduce(
          (sum, value, at) => sum + value * Number(weight.data[unit * inputs + at]),
          Number(bias.data[unit]),
        ),
      );
      x = index < layers.length - 1 ? next.map((value) => Math.max(0, value)) : next;
    }
    if (x.indexOf(Math.max(...x)) === target) right += 1;
  });
  expect(right / validation.targets.length).toBeGreaterThan(0.9);
});

test('learning rates follow their schedules', () => {
  const rates = (schedule: Parameters<typeof learningRate>[0]) =>
    Array.from({ length: 10 }, (_, index) => Number(learningRate(schedule, index, 10).toFixed(5)));
  expect(rates({ kind: 'constant', rate: 0.1, warmUpSteps: 2 }).slice(0, 4)).toEqual([0.05, 0.1, 0.1, 0.1]);
  // By the formula of torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=10).
  expect(rates({ kind: 'one-cycle', rate: 0.1 })).toEqual([
    0.004, 0.052, 0.1, 0.09505, 0.08117, 0.06113, 0.03887, 0.01883, 0.00495, 0,
  ]);
  const cosine = rates({ kind: 'cosine', rate: 0.1, end: 0.01 });
  expect([cosine[0], cosine[9]]).toEqual([0.1, 0.01]);
});

test('orders and masks are the same for the same seeds, and masks keep their mean', () => {
  expect(shuffled(50, 1, 2)).toEqual(shuffled(50, 1, 2));
  expect(shuffled(50, 1, 2)).not.toEqual(shuffled(50, 1, 3));
  expect(shuffled(50, 1, 2).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, index) => index),
  );
  const mask = dropoutMask(20_000, 0.25, 4, 1, 0);
  expect(mask.reduce((sum, value) => sum + value, 0) / mask.length).toBeCloseTo(1, 1);
  expect(new Set(mask).size).toBe(2);
});
