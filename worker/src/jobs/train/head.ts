/** Method `head`: embeddings of a base model, computed once for each image, and a new last layer on them. */
import type { DenseLayer } from '@scry/onnx/gradients/model/head-training';
import { trainHead } from '@scry/onnx/gradients/model/head-training';
import { numbersOf, type Runtime } from '@scry/onnx/gradients/trainer/runtime';
import { writeGraph } from '@scry/onnx/graph/file';
import type { FullSettings } from '@scry/shared/contracts/training';
import { type Prepared, TrainingImages } from './images.js';
import type { Learned, Learning, Sample } from './learning.js';
import { curvePoint } from './metrics.js';
import { type BasePlan, embeddingOf, manifestFrom, withHead } from './plan.js';
import { softmax } from './softmax.js';

const BATCH = 32;

interface Embedded {
  readonly values: Float32Array;
  readonly samples: readonly Sample[];
}

/** Computes the embeddings of images, batch by batch; no more pixels than a batch's are held. */
class Embedder {
  readonly #images: TrainingImages;
  readonly #run: (images: Float32Array, count: number) => Promise<Float32Array>;

  constructor(images: TrainingImages, run: (images: Float32Array, count: number) => Promise<Float32Array>) {
    this.#images = images;
    this.#run = run;
  }

  async embed(samples: readonly Sample[], learning: Learning): Promise<Embedded> {
    const parts: Float32Array[] = [];
    const known: Sample[] = [];
    let waiting: Prepared<Sample>[] = [];
    const flush = async () => {
      if (waiting.length === 0) return;
      const batch = new Float32Array(waiting.length * this.#images.length);
      for (const [index, { pixels }] of waiting.entries()) this.#images.write(pixels, batch, index);
      parts.push((await this.#run(batch, waiting.length)).slice());
      known.push(...waiting.map(({ item }) => item));
      waiting = [];
    };
    for await (const prepared of this.#images.prepare(samples, learning.onSkipped)) {
      waiting.push(prepared);
      learning.onPrepared();
      if (waiting.length === BATCH) await flush();
    }
    await flush();
    const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part, at);
      at += part.length;
    }
    return { values, samples: known };
  }
}

async function embedAll(base: BasePlan, learning: Learning, runtime: Runtime) {
  const { graph, size } = embeddingOf(base);
  const session = await runtime.session(writeGraph(graph));
  const images = new TrainingImages(base.input, learning.request);
  const name = graph.inputs[0]?.name as string;
  const { layout, height, width } = base.input;
  const channels = images.length / (height * width);
  const dims = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const embedder = new Embedder(images, async (data, count) => {
    const feeds = { [name]: runtime.tensor('float32', data, [count, ...dims]) };
    return numbersOf((await session.run(feeds, { embedding: null })).embedding);
  });
  try {
    const train = await embedder.embed(learning.train, learning);
    return { size, train, validation: await embedder.embed(learning.validation, learning) };
  } finally {
    await images.close();
    await session.release();
  }
}

/** Weights that make every class count alike. */
export function balancedWeights(targets: readonly number[], classes: number): number[] {
  return Array.from({ length: classes }, (_, index) => {
    const count = targets.filter((target) => target === index).length;
    return count > 0 ? targets.length / (classes * count) : 1;
  });
}

/** Softmax of the layer's answers. @returns [images, classes] */
function probabilitiesOf({ weight, bias }: DenseLayer, values: Float32Array, size: number): Float32Array {
  const classes = bias.data.length;
  const count = values.length / size;
  const result = new Float32Array(count * classes);
  for (let row = 0; row < count; row += 1) {
    const logits = Array.from(bias.data as Float32Array, (start, unit) => {
      let sum = start;
      for (let at = 0; at < size; at += 1)
        sum += (weight.data[unit * size + at] as number) * (values[row * size + at] as number);
      return sum;
    });
    result.set(softmax(logits), row * classes);
  }
  return result;
}

function optionsOf(settings: FullSettings, classes: number, targets: readonly number[]) {
  return {
    classes,
    c: 1 / settings.l2,
    iterations: settings.iterations,
    seed: settings.seed,
    labelSmoothing: settings.label_smoothing,
    ...(settings.class_weights ? { classWeights: balancedWeights(targets, classes) } : {}),
    ...(settings.early_stopping > 0 ? { patience: settings.early_stopping } : {}),
  };
}

export async function learnHead(base: BasePlan, learning: Learning, runtime: Runtime): Promise<Learned> {
  const { settings } = learning.request;
  const { size, train, validation } = await embedAll(base, learning, runtime);
  const targets = train.samples.map(({ target }) => target);
  learning.onTraining(settings.iterations);
  const head = await trainHead(
    runtime,
    { values: train.values, targets },
    {
      ...optionsOf(settings, learning.classes.length, targets),
      size,
      validation: { values: validation.values, targets: validation.samples.map(({ target }) => target) },
      onIteration: ({ iteration, loss, validationLoss }) => {
        const measured = validationLoss === undefined ? undefined : { loss: validationLoss };
        void learning.onEpoch(curvePoint(iteration, { loss, accuracy: null }, measured), null);
      },
    },
  );
  const [layer] = head.layers as [DenseLayer];
  return {
    graph: withHead(base, () => layer),
    manifest: { input: manifestFrom(base), output: { format: 'probabilities', name: 'probabilities' } },
    train: train.samples.length,
    seen: train.samples.length + validation.samples.length,
    validation: validation.samples,
    probabilities: probabilitiesOf(layer, validation.values, size),
  };
}
