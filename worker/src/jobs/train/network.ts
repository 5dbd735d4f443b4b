/** Methods `fine-tune` and `scratch`: a network learns step by step from batches of images. */

import { readFile } from 'node:fs/promises';
import { withWeights } from '@scry/onnx/gradients/model/fold';
import { trainingStep } from '@scry/onnx/gradients/step/training-step';
import { shuffled } from '@scry/onnx/gradients/trainer/random';
import { numbersOf, type Runtime, type RuntimeSession } from '@scry/onnx/gradients/trainer/runtime';
import type { Schedule } from '@scry/onnx/gradients/trainer/schedule';
import { Trainer } from '@scry/onnx/gradients/trainer/trainer';
import { runTraining } from '@scry/onnx/gradients/trainer/training-run';
import { writeGraph } from '@scry/onnx/graph/file';
import type { FullSettings } from '@scry/shared/contracts/training';
import { channelCount } from '../../inference/engines/pixels.js';
import { BatchMaker } from './batch-maker.js';
import { balancedWeights } from './head.js';
import { TrainingImages } from './images.js';
import type { Answered, Learned, Learning, Sample } from './learning.js';
import { curvePoint, scoresOfEpoch } from './metrics.js';
import { PixelStore } from './pixel-store.js';
import type { NetworkPlan } from './plan.js';
import { TrainingRefused } from './protocol.js';
import { softmax } from './softmax.js';

/** Numbers of a training's draws: those of batches and of changed images never meet. */
const DRAWS = { batches: 2, images: 3 } as const;

/** Images of one part, decoded, and how to make batches of them. */
interface Decoded {
  readonly samples: readonly Sample[];
  readonly maker: BatchMaker;
}

async function decode(
  images: TrainingImages,
  samples: readonly Sample[],
  learning: Learning,
): Promise<Decoded> {
  const { settings, memoryBytes, threads } = learning.request;
  const share = samples.length / (learning.train.length + learning.validation.length + learning.test.length);
  const store = new PixelStore(samples.length, images.length, memoryBytes * share);
  const known: Sample[] = [];
  for await (const { item, pixels } of images.prepare(samples, learning.onSkipped)) {
    known.push(item);
    store.add(pixels);
    learning.onPrepared();
  }
  const setup = {
    pixels: store.shared,
    input: images.input,
    augment: settings.augment,
    seeds: [settings.seed, DRAWS.images],
  };
  const targets = known.map(({ target }) => target);
  return { samples: known, maker: new BatchMaker(setup, targets, threads) };
}

const inOrder = ({ samples, maker }: Decoded, size: number) => maker.batches([...samples.keys()], size, null);

function stepOf(plan: NetworkPlan, settings: FullSettings, classes: number, targets: readonly number[]) {
  const { optimizer: kind, weight_decay: weightDecay } = settings;
  const optimizer =
    kind === 'sgd'
      ? ({ kind, momentum: 0.9, weightDecay } as const)
      : { kind, ...(kind === 'adamw' ? { weightDecay } : {}) };
  const step = trainingStep(plan.graph, {
    trainable: plan.trainable,
    optimizer,
    labelSmoothing: settings.label_smoothing,
    batchNormalization: settings.batch_normalization,
    ...(settings.dropout === undefined ? {} : { dropout: settings.dropout }),
    ...(settings.class_weights ? { classWeights: balancedWeights(targets, classes) } : {}),
  });
  if (step.classes !== classes)
    throw new TrainingRefused(
      `network: its last layer has ${step.classes} units, and the data set ${classes} classes; give it ${classes}.`,
    );
  return step;
}

function scheduleOf({ schedule: kind, learning_rate: rate }: FullSettings): Schedule {
  return { kind, rate };
}

async function runEpochs(
  trainer: Trainer,
  { train, validation }: { readonly train: Decoded; readonly validation: Decoded },
  learning: Learning,
) {
  const { settings, checkpoint } = learning.request;
  const { seed, epochs, batch_size: size } = settings;
  const count = train.samples.length;
  const steps = Math.ceil(count / size);
  let taken = 0;
  learning.onTraining(epochs);
  const result = await runTraining(trainer, {
    epochs,
    stepsPerEpoch: steps,
    schedule: scheduleOf(settings),
    batches: (epoch) => train.maker.batches(shuffled(count, seed, DRAWS.batches, epoch), size, epoch),
    validation: () => inOrder(validation, size),
    signal: learning.stop,
    ...(settings.early_stopping > 0 ? { patience: settings.early_stopping } : {}),
    ...(checkpoint ? { resume: new Uint8Array(await readFile(checkpoint)) } : {}),
    onStep({ epoch, step, loss, accuracy }) {
      taken += 1;
      learning.onStep({ epoch, step, steps, loss, accuracy });
    },
    onEpoch: (epoch, save) => learning.onEpoch(curvePoint(epoch.epoch, epoch, epoch.validation), save()),
  });
  const best = result.history[result.bestEpoch - 1];
  const scores = best ? scoresOfEpoch(best) : { loss: 0, accuracy: 0, macro_f1: 0 };
  return { best: result.best, scores, seen: taken * size };
}

/** Asks a finished file about images. */
async function answersOf(
  session: RuntimeSession,
  plan: NetworkPlan,
  runtime: Runtime,
  part: Decoded,
  size: number,
): Promise<Answered> {
  const output = plan.graph.outputs[0]?.name as string;
  const input = plan.graph.inputs.find(({ name }) => !plan.graph.initializers.has(name))?.name as string;
  const { layout, width, height } = plan.input;
  const depth = channelCount(plan.input);
  const dims = layout === 'nchw' ? [depth, height, width] : [height, width, depth];
  const rows: number[] = [];
  for await (const { images, targets } of inOrder(part, size)) {
    const feeds = { [input]: runtime.tensor('float32', images, [targets.length, ...dims]) };
    const answer = (await session.run(feeds, { [output]: null }))[output];
    const values = numbersOf(answer);
    const classes = values.length / targets.length;
    for (let at = 0; at < values.length; at += classes) {
      const row = values.subarray(at, at + classes);
      rows.push(...(plan.format === 'logits' ? softmax(row) : row));
    }
  }
  return { samples: part.samples, probabilities: Float32Array.from(rows) };
}

interface Parts {
  readonly train: Decoded;
  readonly validation: Decoded;
  readonly test: Decoded;
}

/** Trains on decoded images, and measures the best weights as the file will answer. */
async function learnFrom(
  { train, validation, test }: Parts,
  plan: NetworkPlan,
  learning: Learning,
  runtime: Runtime,
): Promise<Learned> {
  const { settings } = learning.request;
  const targets = train.samples.map(({ target }) => target);
  const step = stepOf(plan, settings, learning.classes.length, targets);
  const trainer = await Trainer.create(step, runtime, settings.seed);
  try {
    const result = await runEpochs(trainer, { train, validation }, learning);
    const graph = withWeights(plan.graph, trainer.tensors(result.best));
    const session = await runtime.session(writeGraph(graph));
    const ask = (part: Decoded) => answersOf(session, plan, runtime, part, settings.batch_size);
    try {
      return {
        graph,
        manifest: {
          input: plan.manifestInput,
          output: { format: plan.format, name: graph.outputs[0]?.name },
        },
        train: train.samples.length,
        seen: result.seen,
        scores: result.scores,
        validation: await ask(validation),
        test: await ask(test),
      };
    } finally {
      await session.release();
    }
  } finally {
    await trainer.release();
  }
}

/** Decodes the images and trains the network. */
export async function learnNetwork(
  plan: NetworkPlan,
  learning: Learning,
  runtime: Runtime,
): Promise<Learned> {
  const images = new TrainingImages(plan.input, learning.request);
  const decoded: Decoded[] = [];
  try {
    for (const part of [learning.train, learning.validation, learning.test])
      decoded.push(await decode(images, part, learning));
    const [train, validation, test] = decoded as [Decoded, Decoded, Decoded];
    return await learnFrom({ train, validation, test }, plan, learning, runtime);
  } finally {
    await images.close();
    for (const { maker } of decoded) await maker.close();
  }
}
