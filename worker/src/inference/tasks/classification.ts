/** Classification: one row of scores per image → the likeliest classes. */
import path from 'node:path';
import type { Answer, Parameters } from '@scry/shared/contracts/prediction';
import type { ClassificationOutput } from '@scry/shared/tasks/classification/formats';
import { classification } from '@scry/shared/tasks/classification/spec';
import { ManifestProblem, shapeText } from '../../models/manifest-problem.js';
import type { Outputs, Tensor } from '../engines/engine.js';
import { checkConfidences, isConfidence, NotConfidence, NotNumbers, refused } from './refused-output.js';
import { type Interpreter, output, outputName, roundConfidence, type TaskModel } from './task.js';

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** Turns logits into probabilities, in place; the largest is subtracted first so that nothing overflows. */
export function softmax(values: Float64Array): Float64Array {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    const power = Math.exp((values[index] as number) - largest);
    values[index] = power;
    sum += power;
  }
  for (let index = 0; index < values.length; index++) values[index] = (values[index] as number) / sum;
  return values;
}

/**
 * One probability per label from an image's row of outputs.
 * A single output with two labels is the probability of the second, as Keras' binary classifiers give it.
 */
export function probabilities(row: Float64Array, logits: boolean, labels: number): Float64Array {
  if (row.length === 1) {
    const value = logits ? sigmoid(row[0] as number) : (row[0] as number);
    return labels === 2 ? Float64Array.of(1 - value, value) : Float64Array.of(value);
  }
  return logits ? softmax(row) : row;
}

/** Indexes of the `count` largest values that reach the threshold, largest first; of equals the first. */
export function largest(values: Float64Array, count: number, threshold: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    const weakest = best[count - 1];
    if (value < threshold || (weakest !== undefined && value <= (values[weakest] as number))) continue;
    let place = Math.min(best.length, count - 1);
    for (; place > 0 && (values[best[place - 1] as number] as number) < value; place--)
      best[place] = best[place - 1] as number;
    best[place] = index;
  }
  return best;
}

/** Reads classifications. @throws ManifestProblem when the manifest names no output of the file */
export function createClassification(task: TaskModel): Interpreter {
  const { model } = task;
  const { labels } = model;
  const settings = model.output as ClassificationOutput; // the manifest's schema has checked it
  const defaults = classification.defaults(settings);
  const logits = settings.format === 'logits';
  const name = outputName(task, settings.name, 'output.name');

  const row = (tensor: Tensor, index: number, batch: number): Float64Array => {
    const size = tensor.data.length / batch;
    return Float64Array.from({ length: size }, (_, at) => Number(tensor.data[index * size + at]));
  };

  const answers = (values: Float64Array, parameters: Parameters): Answer[] => {
    const all = parameters.all_classes === true;
    const count = all ? labels.length : (parameters.top_k ?? settings.top_k);
    const threshold = all ? Number.NEGATIVE_INFINITY : (parameters.threshold ?? defaults.threshold ?? 0);
    return largest(values, Math.min(count, labels.length), threshold).map((index) => ({
      class_index: index,
      class_name: labels[index] as string,
      confidence: roundConfidence(values[index] as number),
    }));
  };

  return {
    outputNames: [name],
    check: (outputs, batch) => check(task, name, output(outputs, name), batch),
    interpret(outputs: Outputs, { index, batch, parameters }) {
      const values = row(output(outputs, name), index, batch);
      if (!values.every(Number.isFinite)) return refused(new NotNumbers(name));
      const wrong = logits ? undefined : values.find((value) => !isConfidence(value));
      if (wrong !== undefined) return refused(new NotConfidence(name, wrong));
      const predictions = answers(probabilities(values, logits, labels.length), parameters);
      return { status: 'succeeded', output: { predictions } };
    },
  };
}

function check({ model }: TaskModel, name: string, tensor: Tensor, batch: number): void {
  const file = path.basename(model.file);
  const classes = tensor.data.length / batch;
  const count = model.labels.length;
  if (classes !== count && !(classes === 1 && count === 2)) {
    const text = `${count} labels, but output "${name}" of ${file} has ${classes} values per image (shape ${shapeText(tensor.dims)})`;
    throw new ManifestProblem(model, 'labels', text);
  }
  if (model.output.format !== 'probabilities') return;
  const advice = 'these are no probabilities; use "logits" or name another output';
  checkConfidences(model, 'output.format', name, Array.from(tensor.data, Number), advice);
}
