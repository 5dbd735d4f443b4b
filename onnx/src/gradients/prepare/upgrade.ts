/** Rewrites nodes of older operation sets in the form of opset 18, in which gradients are written. */
import { ConversionError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { type Attribute, int, string } from '../../proto/attribute.js';
import { float32, int64, scalar, type Tensor, toNumbers } from '../../proto/tensor.js';
import { inferShapes } from '../../shapes/inference.js';

/** The oldest form of operations that the gradients are written in; newer ones hold them too. */
export const GRADIENT_OPSET = 18;

/** Before it, broadcasting and batch normalisation meant something else. */
const OLDEST = 7;

interface Upgrade {
  readonly graph: Graph;
  readonly opset: number;
  readonly rank: (value: string) => number | undefined;
}

type Rewrite = (node: Node, upgrade: Upgrade) => void;

function numbersOf(attribute: Attribute | undefined): readonly number[] | undefined {
  return attribute?.kind === 'ints' || attribute?.kind === 'floats' ? attribute.value : undefined;
}

function constant(graph: Graph, wish: string, value: Tensor): string {
  let name = wish;
  while (graph.initializers.has(name)) name += '_';
  graph.initializers.set(name, value);
  return name;
}

/** Moves an attribute to an input, where it has been since a later opset. */
function toInput(node: Node, { graph }: Upgrade, attribute: string, index: number, value?: Tensor): void {
  const given = numbersOf(node.attributes[attribute]);
  const tensor = value ?? (given && int64(given));
  delete node.attributes[attribute];
  if (!tensor) return;
  while (node.inputs.length <= index) node.inputs.push('');
  node.inputs[index] = constant(graph, `${node.outputs[0]}/${attribute}`, tensor);
}

const axesToInput: Rewrite = (node, upgrade) => toInput(node, upgrade, 'axes', 1);

const split: Rewrite = (node, upgrade) => {
  toInput(node, upgrade, 'split', 1);
  if (!node.inputs[1]) node.attributes.num_outputs = int(node.outputs.length);
};

function floatInput(node: Node, upgrade: Upgrade, attribute: string, index: number): void {
  const given = node.attributes[attribute];
  if (given?.kind === 'float') toInput(node, upgrade, attribute, index, scalar(given.value));
}

const clip: Rewrite = (node, upgrade) => {
  floatInput(node, upgrade, 'min', 1);
  floatInput(node, upgrade, 'max', 2);
};

const pad: Rewrite = (node, upgrade) => {
  toInput(node, upgrade, 'pads', 1);
  floatInput(node, upgrade, 'value', 2);
};

const slice: Rewrite = (node, upgrade) => {
  toInput(node, upgrade, 'starts', 1);
  toInput(node, upgrade, 'ends', 2);
  toInput(node, upgrade, 'axes', 3);
};

const dropout: Rewrite = (node, upgrade) => {
  delete node.attributes.is_test;
  floatInput(node, upgrade, 'ratio', 1);
};

const batchNormalization: Rewrite = (node) => {
  for (const name of ['spatial', 'is_test', 'consumed_inputs']) delete node.attributes[name];
  node.outputs.length = 1;
};

/** Once the input was read as a matrix cut at the axis; the same as today's where nothing follows the axis. */
const softmax: Rewrite = (node, { rank }) => {
  const axis = node.attributes.axis;
  const given = axis?.kind === 'int' ? axis.value : 1;
  const last = (rank(node.inputs[0] ?? '') ?? 2) - 1;
  if (given !== last && given !== -1)
    throw new ConversionError(
      `The node "${node.name}" (${node.op}) normalises over several axes, as it did before opset 13: export the model with a newer opset.`,
    );
  node.attributes.axis = int(-1);
};

/** Upsample, and the first Resize, scaled by whole steps from the first element on. */
const resize: Rewrite = (node, { graph }) => {
  const listed = numbersOf(node.attributes.scales);
  const scales = listed ? constant(graph, `${node.outputs[0]}/scales`, float32([...listed])) : node.inputs[1];
  delete node.attributes.scales;
  node.op = 'Resize';
  node.inputs = [node.inputs[0] ?? '', '', scales ?? ''];
  node.attributes.coordinate_transformation_mode = string('asymmetric');
  node.attributes.nearest_mode = string('floor');
};

/** What has to be rewritten, and the opset that brought the new form. */
const REWRITES: Readonly<Record<string, readonly [since: number, rewrite: Rewrite]>> = {
  ...Object.fromEntries(
    'Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare'
      .split(' ')
      .map((op) => [`Reduce${op}`, [18, axesToInput] as const]),
  ),
  ReduceSum: [13, axesToInput],
  Squeeze: [13, axesToInput],
  Unsqueeze: [13, axesToInput],
  Split: [18, split],
  Clip: [11, clip],
  Pad: [11, pad],
  Slice: [10, slice],
  Dropout: [12, dropout],
  BatchNormalization: [14, batchNormalization],
  Softmax: [13, softmax],
  LogSoftmax: [13, softmax],
  Upsample: [10, resize],
  Resize: [11, resize],
};

/** Constant nodes of numbers become initializers, which weights must be to be trained. */
function liftConstants(graph: Graph): void {
  graph.nodes = graph.nodes.filter(({ op, domain, attributes, outputs }) => {
    if (op !== 'Constant' || domain !== '') return true;
    const { value, value_float, value_int } = attributes;
    const listed = numbersOf(attributes.value_floats);
    const integers = numbersOf(attributes.value_ints);
    const tensor =
      (value?.kind === 'tensor' && value.value) ||
      (value_float?.kind === 'float' && float32([value_float.value], [])) ||
      (value_int?.kind === 'int' && int64([value_int.value], [])) ||
      (listed && float32([...listed])) ||
      (integers && int64(integers));
    if (tensor) graph.initializers.set(outputs[0] as string, tensor);
    return !tensor;
  });
}

/** A copy whose nodes and lists may be changed without touching the original; weights are shared. */
export function copyOf(graph: Graph): Graph {
  return {
    ...graph,
    opsets: new Map(graph.opsets),
    inputs: [...graph.inputs],
    outputs: [...graph.outputs],
    initializers: new Map(graph.initializers),
    metadata: new Map(graph.metadata),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: [...node.inputs],
      outputs: [...node.outputs],
      attributes: { ...node.attributes },
    })),
  };
}

/**
 * The same graph in opset 18 or newer, with constants as initializers.
 * @throws ConversionError for opsets before 7 and for what has no newer form
 */
export function upgraded(original: Graph): Graph {
  const graph = copyOf(original);
  const opset = graph.opsets.get('') ?? 0;
  if (opset < OLDEST)
    throw new ConversionError(
      `The model is written in opset ${opset}: training needs ${OLDEST} or newer, so export it again.`,
    );
  liftConstants(graph);
  const shapes = inferShapes(graph);
  const upgrade: Upgrade = { graph, opset, rank: (value) => shapes.shape(value)?.length };
  for (const node of graph.nodes) {
    const [since, rewrite] = (node.domain === '' && REWRITES[node.op]) || [];
    if (since !== undefined && rewrite && opset < since) rewrite(node, upgrade);
  }
  graph.opsets.set('', Math.max(opset, GRADIENT_OPSET));
  return graph;
}

/** The numbers of an initializer, undefined for a computed value. */
export function constantNumbers(graph: Graph, name: string | undefined): readonly number[] | undefined {
  const found = name ? graph.initializers.get(name) : undefined;
  return found && found.type !== 'string' ? toNumbers(found) : undefined;
}
