/** Writes a model's forward pass into a step's graph, with batch normalisation and dropout as training has them. */
import type { Graph, Node } from '../../graph/graph.js';
import { floatOf } from '../../proto/attribute.js';
import type { TapeEntry } from '../backward.js';
import { type Ops, upTo } from '../ops.js';
import { constantNumbers } from '../prepare/upgrade.js';
import { inverseDeviation, trainedBatch } from '../rules/normalisation.js';

/** A dropout's mask, an input of the step: 0 or 1 / (1 − rate) for each element of one image's values. */
export interface MaskInput {
  readonly name: string;
  /** Sizes without the batch. */
  readonly dims: readonly number[];
  readonly rate: number;
}

export interface ForwardPass {
  readonly tape: TapeEntry[];
  /** Names in the step's graph by names in the model. */
  readonly values: Map<string, string>;
  readonly masks: MaskInput[];
  /** New moving averages of batch normalisations, by the names of the old ones. */
  readonly averages: Map<string, string>;
}

export interface ForwardOptions {
  /** Batch normalisations, by their nodes, that use and gather the batch's statistics. */
  readonly normalised: ReadonlySet<Node>;
  readonly training: boolean;
  /** Rate of every dropout in place of its own. */
  readonly dropout?: number;
}

interface Writer {
  readonly ops: Ops;
  readonly graph: Graph;
  readonly options: ForwardOptions;
  readonly pass: ForwardPass;
}

/** Names of the model's values in a step's graph, where they cannot be mistaken for the step's own. */
const own = (name: string) => `model/${name}`;

function named({ ops, graph, pass }: Writer, name: string): string {
  if (!name) return '';
  const known = pass.values.get(name);
  if (known !== undefined) return known;
  const constant = graph.initializers.get(name);
  const value = constant ? ops.builder.constant(constant, own(name)) : name;
  pass.values.set(name, value);
  return value;
}

/** The batch's own mean and variance normalise, and move the averages that inference will use. */
function batchNormalization(writer: Writer, node: Node): void {
  const { ops, pass } = writer;
  const inputs = node.inputs.map((name) => named(writer, name));
  const [x = '', scale = '', bias = '', oldMean = '', oldVariance = ''] = inputs;
  const axes = upTo(ops.rank(x)).filter((axis) => axis !== 1);
  const mean = ops.mean(x, axes);
  const centred = ops.sub(x, mean);
  const variance = ops.mean(ops.square(centred), axes, false);
  const inverse = inverseDeviation(ops, variance, floatOf(node.attributes, 'epsilon', 1e-5));
  const factor = ops.mul(scale, inverse);
  const channels = ops.sizes(scale, [0]) as [number];
  const [zeros, ones] = [new Float32Array(channels[0]), new Float32Array(channels[0]).fill(1)];
  // A normalisation by mean 0 and variance 1 is one pass of factor and summand per channel.
  const output = ops.builder.node(
    'BatchNormalization',
    [centred, factor, bias, ops.floats(zeros), ops.floats(ones)],
    { epsilon: { kind: 'float', value: 0 } },
    own(node.outputs[0] as string),
  );
  pass.values.set(node.outputs[0] as string, output);
  pass.tape.push({
    node: { ...node, inputs, outputs: [output] },
    rule: trainedBatch,
    saved: { centred, inverse },
  });
  const momentum = floatOf(node.attributes, 'momentum', 0.9);
  const moved = (old: string, fresh: string) =>
    ops.add(ops.scale(old, momentum), ops.scale(fresh, 1 - momentum));
  pass.averages.set(node.inputs[3] as string, moved(oldMean, ops.reshape(mean, [-1])));
  pass.averages.set(node.inputs[4] as string, moved(oldVariance, variance));
}

/** A mask from outside instead of random numbers from within, so that the same seed gives the same model anywhere. */
function dropout(writer: Writer, node: Node): Node {
  const { ops, graph, options, pass } = writer;
  const rate = options.dropout ?? constantNumbers(graph, node.inputs[1])?.[0] ?? 0.5;
  const x = named(writer, node.inputs[0] as string);
  const single = { ...node, inputs: [node.inputs[0] as string], outputs: [node.outputs[0] as string] };
  if (!options.training || rate <= 0) return { ...single, op: 'Identity', attributes: {} };
  const dims = ops.sizes(x, upTo(ops.rank(x)).slice(1));
  const name = ops.builder.input(`mask_${pass.masks.length}`, 'float32', ['batch', ...dims]);
  pass.masks.push({ name, dims, rate });
  pass.values.set(name, name);
  return { ...single, op: 'Mul', inputs: [...single.inputs, name], attributes: {} };
}

function plain(writer: Writer, node: Node): void {
  const { ops, pass } = writer;
  const written: Node = {
    ...node,
    inputs: node.inputs.map((name) => named(writer, name)),
    outputs: node.outputs.map((name) => name && ops.builder.unique(own(name))),
    attributes: { ...node.attributes },
  };
  node.outputs.forEach((name, index) => {
    if (name) pass.values.set(name, written.outputs[index] as string);
  });
  // The tape keeps the model's name of the node, for messages; both share the list of outputs, to which rules may add.
  ops.builder.append({ ...written, name: node.name && own(node.name) });
  pass.tape.push({ node: written });
}

/**
 * Appends a prepared model's nodes.
 * @param values names in the step's graph of the image and of the weights that are trained
 */
export function writeForward(
  ops: Ops,
  graph: Graph,
  values: ReadonlyMap<string, string>,
  options: ForwardOptions,
): ForwardPass {
  const pass: ForwardPass = { tape: [], values: new Map(values), masks: [], averages: new Map() };
  const writer: Writer = { ops, graph, options, pass };
  for (const node of graph.nodes) {
    if (options.training && options.normalised.has(node)) batchNormalization(writer, node);
    else plain(writer, node.op === 'Dropout' && node.domain === '' ? dropout(writer, node) : node);
  }
  return pass;
}
