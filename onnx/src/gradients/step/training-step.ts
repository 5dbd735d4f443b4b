/** A model and what is to be learned, as two graphs: one step of training, and the measurement of a batch. */
import { ConversionError, quote } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import { emptyGraph, type Graph, type Node } from '../../graph/graph.js';
import { int } from '../../proto/attribute.js';
import { backward } from '../backward.js';
import { Ops } from '../ops.js';
import { type PrepareOptions, prepare, prunedTo } from '../prepare/prepare.js';
import { type ForwardPass, type MaskInput, writeForward } from './forward.js';
import { findLogits, type Loss, type LossKind, type LossOptions, writeLoss } from './loss.js';
import { clipped, type OptimizerOptions, stateNames, writeOptimizer } from './optimizer.js';
import { layoutOf, type Parameter, type ParameterLayout, packed, parameterLayout } from './parameters.js';

export interface TrainingOptions extends PrepareOptions, LossOptions {
  /** Names of the initializers that are trained. */
  readonly trainable: readonly string[];
  readonly optimizer: OptimizerOptions;
  /** Taken from the model's last activation unless given. */
  readonly loss?: LossKind;
  /** `train`: batch normalisations whose factors are trained use the batch's statistics. `frozen` unless given. */
  readonly batchNormalization?: 'train' | 'frozen';
  /** Rate of every dropout in place of its own. */
  readonly dropout?: number;
  /** Largest norm of the gradient; none unless given. */
  readonly clipNorm?: number;
}

/**
 * Both graphs take `image` [batch, …], `targets` ([batch] int64, or [batch, classes] float32 where soft),
 * `sample_weights` [batch], `weights` and `statistics` (vectors), and give `loss`, `correct` (scalars) and `logits`
 * [batch, classes]. The step takes `learning_rate`, `step` (scalars, the first step is 1), a vector per state and the
 * masks besides, and gives `new_weights`, `new_statistics` and `new_` of every state; without an optimiser it gives
 * `gradient` instead. `statistics` are there only where batch normalisations are trained.
 */
export interface TrainingStep {
  readonly step: Uint8Array;
  readonly evaluation: Uint8Array;
  readonly image: { readonly dims: readonly number[] };
  readonly classes: number;
  readonly softTargets: boolean;
  readonly weights: ParameterLayout;
  /** Moving averages of batch normalisations. */
  readonly statistics: readonly Parameter[];
  readonly states: readonly string[];
  readonly masks: readonly MaskInput[];
  /** What the model held before training. */
  readonly initial: { readonly weights: Float32Array; readonly statistics: Float32Array };
}

interface Plan {
  readonly graph: Graph;
  readonly options: TrainingOptions;
  readonly logits: string;
  readonly kind: LossKind;
  readonly layout: ParameterLayout;
  readonly statistics: readonly Parameter[];
  readonly normalised: ReadonlySet<Node>;
}

function planOf(original: Graph, options: TrainingOptions): Plan {
  const whole = prepare(original, options);
  const { logits, kind } = findLogits(whole, whole.outputs[0]?.name ?? '');
  const graph = prunedTo(whole, [logits]);
  const trainable = new Set(options.trainable);
  const normalised = graph.nodes.filter(
    ({ op, inputs }) =>
      op === 'BatchNormalization' &&
      options.batchNormalization === 'train' &&
      (trainable.has(inputs[1] ?? '') || trainable.has(inputs[2] ?? '')),
  );
  const averages = normalised.flatMap(({ inputs }) => [inputs[3] as string, inputs[4] as string]);
  return {
    graph,
    options,
    logits,
    kind: options.loss ?? kind,
    layout: parameterLayout(graph, options.trainable),
    statistics: layoutOf(averages.map((name) => [name, graph.initializers.get(name)?.dims ?? []])),
    normalised: new Set(normalised),
  };
}

/** Cuts a vector into the tensors it is made of. @returns values by the parameters' names */
function cut(ops: Ops, vector: string, parameters: readonly Parameter[]): [string, string][] {
  const sizes = parameters.map(({ size }) => size);
  const parts =
    sizes.length === 1
      ? [vector]
      : ops.builder.nodes('Split', [vector, ops.integers(sizes)], { axis: int(0) }, sizes.length, 'part');
  return parameters.map(({ name, dims }, index) => [name, ops.reshape(parts[index] as string, dims)]);
}

interface Written {
  readonly ops: Ops;
  readonly pass: ForwardPass;
  readonly logits: string;
  readonly loss: Loss;
  readonly weights: ReadonlyMap<string, string>;
}

function logitsOf(ops: Ops, value: string): { logits: string; classes: number } {
  const [, classes, ...rest] = ops.shape(value);
  if (typeof classes !== 'number' || rest.some((size) => size !== 1))
    throw new ConversionError(
      `The output ${quote(value)} is not one number per class, so the model cannot be trained as a classifier.`,
    );
  return { logits: rest.length > 0 ? ops.reshape(value, [-1, classes]) : value, classes };
}

/** What both graphs share: inputs, forward pass, loss. */
function writeCommon(plan: Plan, training: boolean): Written {
  const { graph, options, layout, statistics } = plan;
  const empty = emptyGraph();
  empty.opsets = new Map(graph.opsets);
  empty.functions = graph.functions;
  empty.irVersion = Math.max(graph.irVersion, empty.irVersion);
  const builder = new GraphBuilder(empty);
  const ops = new Ops(builder);
  const [image] = graph.inputs;
  const x = builder.input('image', image?.type ?? 'float32', image?.shape ?? []);
  const targets =
    options.targets === 'soft'
      ? builder.input('targets', 'float32', ['batch', null])
      : builder.input('targets', 'int64', ['batch']);
  const sampleWeights = builder.input('sample_weights', 'float32', ['batch']);
  const weights = new Map(cut(ops, builder.input('weights', 'float32', [layout.size]), layout.parameters));
  const length = statistics.reduce((total, { size }) => total + size, 0);
  const averages = length > 0 ? cut(ops, builder.input('statistics', 'float32', [length]), statistics) : [];
  const values = new Map([[image?.name ?? '', x], ...weights, ...averages]);
  const { normalised } = plan;
  const { dropout } = options;
  const pass = writeForward(ops, graph, values, {
    normalised,
    training,
    ...(dropout === undefined ? {} : { dropout }),
  });
  const { logits, classes } = logitsOf(ops, pass.values.get(plan.logits) ?? '');
  const loss = writeLoss(ops, plan.kind, { logits, targets, weights: sampleWeights, classes }, options);
  return { ops, pass, logits, loss, weights };
}

function writeOutputs({ ops, logits, loss }: Written): void {
  ops.builder.output(loss.loss, 'loss');
  ops.builder.output(loss.correct, 'correct');
  ops.builder.output(logits, 'logits');
}

/** The optimiser with its inputs and outputs, or the bare gradient where there is none. */
function writeWeights({ layout, options }: Plan, ops: Ops, gradient: string): void {
  const { builder } = ops;
  const { optimizer } = options;
  if (optimizer.kind === 'none') {
    builder.output(gradient, 'gradient');
    return;
  }
  const names = stateNames(optimizer);
  const inputs = {
    weights: 'weights',
    gradient,
    states: names.map((name) => builder.input(name, 'float32', [layout.size])),
    rate: builder.input('learning_rate', 'float32', []),
    step: builder.input('step', 'float32', []),
  };
  const updated = writeOptimizer(ops, inputs, optimizer, layout);
  builder.output(updated.weights, 'new_weights');
  names.forEach((name, index) => {
    builder.output(updated.states[index] as string, `new_${name}`);
  });
}

function writeUpdate(plan: Plan, written: Written): void {
  const { ops, pass, weights } = written;
  const { layout, options, statistics } = plan;
  const { builder } = ops;
  const source = pass.values.get(plan.logits) as string;
  const seed = ops.reshapeLike(written.loss.gradient(), source);
  const found = backward(builder, pass.tape, new Map([[source, seed]]), new Set(weights.values()));
  const parts = layout.parameters.map(({ name, size }) => {
    const gradient = found.get(weights.get(name) as string);
    return gradient === undefined ? ops.floats(new Float32Array(size)) : ops.reshape(gradient, [size]);
  });
  const whole = ops.concat(parts, 0);
  const gradient = options.clipNorm === undefined ? whole : clipped(ops, whole, options.clipNorm);
  writeWeights(plan, ops, gradient);
  if (statistics.length > 0)
    builder.output(
      ops.concat(
        statistics.map(({ name }) => pass.averages.get(name) as string),
        0,
      ),
      'new_statistics',
    );
}

/**
 * Writes a training step for a model.
 * @param original a classifier: an image in, one number per class out (logits, softmax or sigmoid)
 * @throws ConversionError when it cannot be trained: the message names the node, weight or option
 */
export function trainingStep(original: Graph, options: TrainingOptions): TrainingStep {
  const plan = planOf(original, options);
  const { graph, layout, statistics } = plan;
  const step = writeCommon(plan, true);
  writeOutputs(step);
  writeUpdate(plan, step);
  const evaluation = writeCommon(plan, false);
  writeOutputs(evaluation);
  const dims = (graph.inputs[0]?.shape ?? []).slice(1);
  if (dims.some((size) => typeof size !== 'number'))
    throw new ConversionError('The image size of the model is free: give the size to train at.');
  return {
    step: step.ops.builder.build(),
    evaluation: evaluation.ops.builder.build(),
    image: { dims: dims as number[] },
    classes: step.ops.sizes(step.logits, [1])[0] as number,
    softTargets: options.targets === 'soft',
    weights: layout,
    statistics,
    states: stateNames(options.optimizer),
    masks: step.pass.masks,
    initial: { weights: packed(graph, layout.parameters), statistics: packed(graph, statistics) },
  };
}
