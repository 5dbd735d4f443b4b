/** Losses with their gradient by the logits, and what is counted beside them. */
import { ConversionError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { int } from '../../proto/attribute.js';
import { float32, int64 } from '../../proto/tensor.js';
import type { Ops } from '../ops.js';

export type LossKind = 'cross-entropy' | 'binary-cross-entropy';

export interface LossOptions {
  /** Share of each target that is spread evenly over all classes, 0 to 1. */
  readonly labelSmoothing?: number;
  /** A factor per class on the loss of its images. */
  readonly classWeights?: readonly number[];
  /** `indices`: one class per image (int64); `soft`: a number per class and image (float32). */
  readonly targets?: 'indices' | 'soft';
}

export interface LossInputs {
  /** [batch, classes] */
  readonly logits: string;
  readonly targets: string;
  /** A factor per image on its loss, [batch]. */
  readonly weights: string;
  readonly classes: number;
}

export interface Loss {
  /** Weighted mean over the batch, a scalar. */
  readonly loss: string;
  /** How many images were right, a scalar. */
  readonly correct: string;
  /** The loss's gradient by the logits. */
  readonly gradient: () => string;
}

/** Activations that a loss is fused with, so that neither overflows. */
const FUSED: Readonly<Record<string, LossKind>> = {
  Softmax: 'cross-entropy',
  LogSoftmax: 'cross-entropy',
  Sigmoid: 'binary-cross-entropy',
};
const TRANSPARENT = new Set(['Identity', 'Cast', 'Reshape', 'Flatten', 'Squeeze']);

/** Finds the logits behind an output: the input of its last softmax or sigmoid, or the output itself. */
export function findLogits(graph: Graph, output: string): { logits: string; kind: LossKind } {
  let value = output;
  for (;;) {
    const node = graph.nodes.find(({ outputs }) => outputs.includes(value));
    const kind = node && FUSED[node.op];
    if (node && kind) return { logits: node.inputs[0] as string, kind };
    if (!node || !TRANSPARENT.has(node.op)) return { logits: output, kind: 'cross-entropy' };
    value = node.inputs[0] as string;
  }
}

interface Targets {
  /** Smoothed and weighted by class, [batch, classes]. */
  readonly weighted: string;
  /** Weight of each image by its classes, [batch, 1]; undefined where it is 1. */
  readonly mass: string | undefined;
}

function oneHot(ops: Ops, targets: string, classes: number, off: number, on: number): string {
  const depth = ops.builder.constant(int64([classes]));
  return ops.node('OneHot', [targets, depth, ops.builder.constant(float32([off, on]))], { axis: int(-1) });
}

function spreadTargets(ops: Ops, inputs: LossInputs, options: LossOptions): Targets {
  const { targets, classes } = inputs;
  const { labelSmoothing = 0, classWeights } = options;
  const share = labelSmoothing / classes;
  const soft = options.targets === 'soft';
  const smooth = soft
    ? ops.add(ops.scale(targets, 1 - labelSmoothing), ops.number(share))
    : ops.reshape(oneHot(ops, targets, classes, share, 1 - labelSmoothing + share), [-1, classes]);
  if (!classWeights) return { weighted: smooth, mass: soft ? ops.sum(targets, [1]) : undefined };
  if (classWeights.length !== classes)
    throw new ConversionError(`There are ${classWeights.length} class weights for ${classes} classes.`);
  const factors = ops.floats([...classWeights], [1, classes]);
  const plain = soft ? targets : ops.reshape(oneHot(ops, targets, classes, 0, 1), [-1, classes]);
  return { weighted: ops.mul(smooth, factors), mass: ops.sum(ops.mul(plain, factors), [1]) };
}

/** Each image's part of the mean, [batch, 1]. */
function shares(ops: Ops, weights: string, mass: string | undefined): string {
  const column = ops.reshape(weights, [-1, 1]);
  const total = ops.sum(mass ? ops.mul(column, mass) : column, [0, 1]);
  return ops.div(column, ops.node('Max', [total, ops.floats([1e-12], [1, 1])]));
}

const scalarSum = (ops: Ops, value: string) => ops.node('ReduceSum', [value], { keepdims: int(0) });

function countEqual(ops: Ops, a: string, b: string): string {
  return scalarSum(ops, ops.toFloat(ops.node('Equal', [a, b])));
}

const best = (ops: Ops, value: string) => ops.node('ArgMax', [value], { axis: int(1), keepdims: int(0) });

function crossEntropy(ops: Ops, inputs: LossInputs, options: LossOptions): Loss {
  const { logits } = inputs;
  const { weighted, mass } = spreadTargets(ops, inputs, options);
  const part = shares(ops, inputs.weights, mass);
  const logarithms = ops.node('LogSoftmax', [logits], { axis: int(1) });
  const each = ops.sum(ops.mul(weighted, logarithms), [1]);
  const truth = options.targets === 'soft' ? best(ops, inputs.targets) : inputs.targets;
  return {
    loss: ops.neg(scalarSum(ops, ops.mul(each, part))),
    correct: countEqual(ops, best(ops, logits), truth),
    gradient: () => {
      const probabilities = ops.node('Exp', [logarithms]);
      const expected = mass ? ops.mul(probabilities, ops.sum(weighted, [1])) : probabilities;
      return ops.mul(ops.sub(expected, weighted), part);
    },
  };
}

/** Each class is a yes or no of its own; `correct` counts an image by the share of its classes that are right. */
function binaryCrossEntropy(ops: Ops, inputs: LossInputs, options: LossOptions): Loss {
  const { logits, classes } = inputs;
  const asked =
    options.targets === 'soft'
      ? inputs.targets
      : classes === 1
        ? ops.reshape(ops.toFloat(inputs.targets), [-1, 1])
        : ops.reshape(oneHot(ops, inputs.targets, classes, 0, 1), [-1, classes]);
  const smoothing = options.labelSmoothing ?? 0;
  const truth = ops.add(ops.scale(asked, 1 - smoothing), ops.number(smoothing / 2));
  const factors = (options.classWeights ?? Array<number>(classes).fill(1)).map((weight) => weight / classes);
  const part = ops.mul(shares(ops, inputs.weights, undefined), ops.floats(factors, [1, classes]));
  const each = ops.sub(ops.node('Softplus', [logits]), ops.mul(logits, truth));
  const yes = (value: string, limit: number) => ops.node('Greater', [value, ops.number(limit)]);
  return {
    loss: scalarSum(ops, ops.mul(each, part)),
    correct: ops.scale(countEqual(ops, yes(logits, 0), yes(asked, 0.5)), 1 / classes),
    gradient: () => ops.mul(ops.sub(ops.node('Sigmoid', [logits]), truth), part),
  };
}

export function writeLoss(ops: Ops, kind: LossKind, inputs: LossInputs, options: LossOptions): Loss {
  return kind === 'cross-entropy'
    ? crossEntropy(ops, inputs, options)
    : binaryCrossEntropy(ops, inputs, options);
}
