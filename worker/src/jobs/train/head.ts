/** Method `head`: embeddings of a base model, computed once for each image, and new last layers on them. */
import { type DenseLayer, type HeadOptions, trainHead } from '@scry/onnx/gradients/model/head-training';
import type { Runtime } from '@scry/onnx/gradients/trainer/runtime';
import type { FullSettings } from '@scry/shared/contracts/training';
import { type Embedded, embedAll } from './embeddings.js';
import type { Answered, Learned, Learning } from './learning.js';
import { curvePoint, scoresOfEpoch } from './metrics.js';
import { type BasePlan, manifestFrom, withHead } from './plan.js';
import { softmax } from './softmax.js';

/** Weights that make every class count alike. */
export function balancedWeights(targets: readonly number[], classes: number): number[] {
  return Array.from({ length: classes }, (_, index) => {
    const count = targets.filter((target) => target === index).length;
    return count > 0 ? targets.length / (classes * count) : 1;
  });
}

/** One layer's outputs for one image. */
function through({ weight, bias }: DenseLayer, values: ArrayLike<number>): number[] {
  return Array.from(bias.data as Float32Array, (start, unit) => {
    let sum = start;
    for (let at = 0; at < values.length; at += 1)
      sum += (weight.data[unit * values.length + at] as number) * (values[at] as number);
    return sum;
  });
}

/** What the layers answer, with Relu between them. */
function answersOf(layers: readonly DenseLayer[], { samples, values }: Embedded, classes: number): Answered {
  const size = samples.length > 0 ? values.length / samples.length : 0;
  const probabilities = new Float32Array(samples.length * classes);
  for (const index of samples.keys()) {
    const input: ArrayLike<number> = values.subarray(index * size, (index + 1) * size);
    const logits = layers.reduce(
      (row, layer, place) =>
        through(layer, place === 0 ? row : Array.from(row, (value) => Math.max(0, value))),
      input,
    );
    probabilities.set(softmax(logits), index * classes);
  }
  return { samples, probabilities };
}

const countOf = ({ samples }: Embedded) => new Set(samples).size;
const targetsOf = ({ samples }: Embedded) => samples.map(({ target }) => target);
const dataOf = (part: Embedded) => ({ values: part.values, targets: targetsOf(part) });

/** Settings of a fit. @param targets that are learned from */
export function headOptions(
  settings: FullSettings,
  classes: number,
  size: number,
  targets: readonly number[],
): HeadOptions {
  return {
    classes,
    size,
    c: 1 / settings.l2,
    iterations: settings.iterations,
    seed: settings.seed,
    labelSmoothing: settings.label_smoothing,
    ...(settings.hidden > 0 ? { hidden: settings.hidden } : {}),
    ...(settings.class_weights ? { classWeights: balancedWeights(targets, classes) } : {}),
  };
}

function together(...parts: readonly Embedded[]): Embedded {
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { samples: parts.flatMap(({ samples }) => samples), values };
}

export async function learnHead(base: BasePlan, learning: Learning, runtime: Runtime): Promise<Learned> {
  const { settings } = learning.request;
  const classes = learning.classes.length;
  const { size, train, more, validation, test } = await embedAll(base, learning, runtime);
  const options = headOptions(settings, classes, size, targetsOf(train));
  learning.onTraining(settings.iterations);
  const head = await trainHead(runtime, dataOf(train), {
    ...options,
    ...(settings.early_stopping > 0 ? { patience: settings.early_stopping } : {}),
    validation: dataOf(validation),
    onIteration: ({ iteration, train: trained, validation: measured }) => {
      void learning.onEpoch(curvePoint(iteration, trained, measured), null);
    },
  });
  const all = together(train, more);
  const published = settings.refit
    ? await trainHead(runtime, dataOf(all), {
        ...headOptions(settings, classes, size, targetsOf(all)),
        iterations: Math.max(1, head.bestIteration),
      })
    : head;
  if (settings.refit)
    learning.log(
      `Fitted once more on all ${countOf(all)} images. The metrics are those of the fit without the validation images.`,
    );
  return {
    graph: withHead(base, () => published.layers),
    manifest: { input: manifestFrom(base), output: { format: 'probabilities', name: 'probabilities' } },
    train: countOf(train),
    seen: all.samples.length + test.samples.length,
    scores: scoresOfEpoch(head.train),
    validation: answersOf(head.layers, validation, classes),
    test: answersOf(published.layers, test, classes),
  };
}

/** A layer for fine-tuning to begin with, fitted as the method `head` would without a hidden layer. */
export async function warmHead(base: BasePlan, learning: Learning, runtime: Runtime): Promise<DenseLayer> {
  const { settings } = learning.request;
  // The images are prepared, and told of, by fine-tuning itself.
  const quiet = { ...learning, onPrepared() {}, onSkipped() {} };
  const { size, train } = await embedAll(base, quiet, runtime);
  const options = headOptions({ ...settings, hidden: 0 }, learning.classes.length, size, targetsOf(train));
  const { layers } = await trainHead(runtime, dataOf(train), options);
  learning.log('The new last layer begins as the method head would have it.');
  return layers[0] as DenseLayer;
}
