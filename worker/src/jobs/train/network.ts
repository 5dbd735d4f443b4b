/** Methods `fine-tune` and `scratch`: a network learns step by step from batches of images. */

import { readFile } from 'node:fs/promises';
import { withWeights } from '@scry/onnx/gradients/model/fold';
import { trainingStep } from '@scry/onnx/gradients/step/training-step';
import { shuffled } from '@scry/onnx/gradients/trainer/random';
import { numbersOf, type Runtime } from '@scry/onnx/gradients/trainer/runtime';
import type { Schedule } from '@scry/onnx/gradients/trainer/schedule';
import { type Batch, Trainer } from '@scry/onnx/gradients/trainer/trainer';
import { runTraining } from '@scry/onnx/gradients/trainer/training-run';
import { writeGraph } from '@scry/onnx/graph/file';
import type { FullSettings } from '@scry/shared/contracts/training';
import type { Pixels } from '../../imaging/fit.js';
import { augmented, changesImages } from './augment.js';
import { balancedWeights } from './head.js';
import { TrainingImages } from './images.js';
import type { Learned, Learning, Sample } from './learning.js';
import { curvePoint } from './metrics.js';
import type { NetworkPlan } from './plan.js';
import { TrainingRefused } from './protocol.js';
import { softmax } from './softmax.js';

/** Numbers of a training's draws: those of batches and of changed images never meet. */
const DRAWS = { batches: 2, images: 3 } as const;

interface Decoded {
  readonly samples: readonly Sample[];
  readonly pixels: readonly Pixels[];
}

/** Writes an image into its place of a batch. @param place of the image in the data */
type Write = (pixels: Pixels, batch: Float32Array, index: number, place: number) => void;

async function decode(
  images: TrainingImages,
  samples: readonly Sample[],
  learning: Learning,
): Promise<Decoded> {
  const decoded = { samples: [] as Sample[], pixels: [] as Pixels[] };
  for await (const { item, pixels } of images.prepare(samples, learning.onSkipped)) {
    decoded.samples.push(item);
    decoded.pixels.push(pixels);
    learning.onPrepared();
  }
  return decoded;
}

function checkMemory({ request, train, validation }: Learning, images: TrainingImages): void {
  const bytes = (train.length + validation.length) * images.length;
  if (bytes > request.memoryBytes)
    throw new TrainingRefused(
      `The images take ${Math.ceil(bytes / 2 ** 20)} MiB at this size, and a training may use ${Math.floor(request.memoryBytes / 2 ** 20)} (TRAIN_MEMORY_BYTES). Choose a smaller input_size, or the method head.`,
    );
}

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

function* batchesOf(
  { samples, pixels }: Decoded,
  order: readonly number[],
  size: number,
  write: Write,
  length: number,
): Generator<Batch> {
  for (let at = 0; at < order.length; at += size) {
    const chosen = order.slice(at, at + size);
    const images = new Float32Array(chosen.length * length);
    for (const [index, place] of chosen.entries()) write(pixels[place] as Pixels, images, index, place);
    yield { images, targets: chosen.map((place) => (samples[place] as Sample).target) };
  }
}

function scheduleOf({ schedule: kind, learning_rate: rate }: FullSettings): Schedule {
  return { kind, rate };
}

async function runEpochs(
  trainer: Trainer,
  images: TrainingImages,
  { train, validation }: { readonly train: Decoded; readonly validation: Decoded },
  learning: Learning,
) {
  const { settings, checkpoint } = learning.request;
  const { seed, augment, epochs, batch_size: size } = settings;
  const steps = Math.ceil(train.samples.length / size);
  let taken = 0;
  const plain: Write = (pixels, batch, index) => images.write(pixels, batch, index);
  const changes = changesImages(augment);
  const imageSize = { ...images.input, channels: images.input.channels === 'gray' ? 1 : 3 };
  const all = [...validation.samples.keys()];
  learning.onTraining(epochs);
  const result = await runTraining(trainer, {
    epochs,
    stepsPerEpoch: steps,
    schedule: scheduleOf(settings),
    batches: (epoch) => {
      const write: Write = changes
        ? (pixels, batch, index, place) =>
            plain(
              augmented(pixels, imageSize, augment, seed, DRAWS.images, epoch, place),
              batch,
              index,
              place,
            )
        : plain;
      return batchesOf(
        train,
        shuffled(train.samples.length, seed, DRAWS.batches, epoch),
        size,
        write,
        images.length,
      );
    },
    validation: () => batchesOf(validation, all, size, plain, images.length),
    signal: learning.stop,
    ...(settings.early_stopping > 0 ? { patience: settings.early_stopping } : {}),
    ...(checkpoint ? { resume: new Uint8Array(await readFile(checkpoint)) } : {}),
    onStep({ epoch, step, loss }) {
      taken += 1;
      learning.onStep({ epoch, step, steps, loss });
    },
    onEpoch: (epoch, save) => learning.onEpoch(curvePoint(epoch.epoch, epoch, epoch.validation), save()),
  });
  return { best: result.best, seen: taken * size };
}

/** What the finished file answers. @returns [images, classes], probabilities */
async function answersOf(
  file: Uint8Array,
  plan: NetworkPlan,
  runtime: Runtime,
  batches: Iterable<Batch>,
): Promise<Float32Array> {
  const session = await runtime.session(file);
  const output = plan.graph.outputs[0]?.name as string;
  const input = plan.graph.inputs.find(({ name }) => !plan.graph.initializers.has(name))?.name as string;
  const { layout, width, height, channels } = plan.input;
  const depth = channels === 'gray' ? 1 : 3;
  const dims = layout === 'nchw' ? [depth, height, width] : [height, width, depth];
  const rows: number[] = [];
  try {
    for (const { images, targets } of batches) {
      const feeds = { [input]: runtime.tensor('float32', images, [targets.length, ...dims]) };
      const answer = (await session.run(feeds, { [output]: null }))[output];
      const values = numbersOf(answer);
      const classes = values.length / targets.length;
      for (let at = 0; at < values.length; at += classes) {
        const row = values.subarray(at, at + classes);
        rows.push(...(plan.format === 'logits' ? softmax(row) : row));
      }
    }
  } finally {
    await session.release();
  }
  return Float32Array.from(rows);
}

/** Trains the whole, and measures the best weights as the file will answer. */
export async function learnNetwork(
  plan: NetworkPlan,
  learning: Learning,
  runtime: Runtime,
): Promise<Learned> {
  const { request, classes } = learning;
  const { settings } = request;
  const images = new TrainingImages(plan.input, request);
  try {
    checkMemory(learning, images);
    const train = await decode(images, learning.train, learning);
    const validation = await decode(images, learning.validation, learning);
    const targets = train.samples.map(({ target }) => target);
    const step = stepOf(plan, settings, classes.length, targets);
    const trainer = await Trainer.create(step, runtime, settings.seed);
    try {
      const result = await runEpochs(trainer, images, { train, validation }, learning);
      const graph = withWeights(plan.graph, trainer.tensors(result.best));
      const all = [...validation.samples.keys()];
      const write: Write = (pixels, into, index) => images.write(pixels, into, index);
      const batches = batchesOf(validation, all, settings.batch_size, write, images.length);
      return {
        graph,
        manifest: {
          input: plan.manifestInput,
          output: { format: plan.format, name: graph.outputs[0]?.name },
        },
        train: train.samples.length,
        seen: result.seen,
        validation: validation.samples,
        probabilities: await answersOf(writeGraph(graph), plan, runtime, batches),
      };
    } finally {
      await trainer.release();
    }
  } finally {
    await images.close();
  }
}
