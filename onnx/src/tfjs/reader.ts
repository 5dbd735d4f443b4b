/** TensorFlow.js' model.json with its weights as an ONNX graph. Source: tfjs-converter src/executor/graph_model.ts. */
import { ConversionError, DamagedFileError, quote } from '../errors.js';
import { GraphBuilder } from '../graph/builder.js';
import { type Dimension, emptyGraph, type Shape } from '../graph/graph.js';
import { blockHardSwish } from '../graph/hard-swish.js';
import { prune } from '../graph/prune.js';
import { nameOutputs } from '../graph/rename.js';
import { int } from '../proto/attribute.js';
import { numberOfElementType } from '../proto/element-type.js';
import { sizeOf } from '../proto/tensor.js';
import type { ModelFiles, Reader, ReadModel } from '../readers/reader.js';
import type { ConversionReport, LastActivation, ReportedInput, ReportedOutput } from '../readers/report.js';
import { type GraphNode, type Nodes, outputOf, readFunctions, readNodes, shapeOf } from './graph-def.js';
import { GraphConverter } from './graph-model.js';
import { readLayersModel } from './layers-model.js';
import { findModelJson, isObject, type ModelJson, readModelJson } from './model-json.js';
import { type Value, Values } from './value.js';
import { readWeights } from './weights.js';

/** Inputs or outputs of a saved model: the name that callers use, and the node. */
interface Port {
  readonly name: string;
  /** Such as "Identity:0". */
  readonly reference: string;
  readonly shape: Dimension[] | undefined;
}

function ports({ json }: ModelJson, side: 'inputs' | 'outputs'): Port[] {
  const metadata = isObject(json.userDefinedMetadata) ? json.userDefinedMetadata.signature : undefined;
  const signature = [json.signature, metadata].find(isObject);
  const entries = signature && isObject(signature[side]) ? Object.entries(signature[side]) : [];
  return entries.flatMap(([name, port]) =>
    isObject(port) && typeof port.name === 'string'
      ? [{ name, reference: port.name, shape: shapeOf(port.tensorShape) }]
      : [],
  );
}

/** Nodes that nothing else uses, where no signature names the outputs. */
function leaves(nodes: Nodes): Port[] {
  const used = new Set(
    [...nodes.values()].flatMap(({ inputs }) => inputs.map((input) => outputOf(input).name)),
  );
  return [...nodes.values()]
    .filter(({ name, op }) => !used.has(name) && !['Const', 'NoOp', 'Placeholder', 'Assert'].includes(op))
    .map(({ name }) => ({ name, reference: name, shape: undefined }));
}

/** Numbers in one input, 8192 × 8192 pixels of four channels. */
const MOST_INPUTS = 2 ** 28;

const FREE = ['batch', 'height', 'width', 'channels'];

/** A placeholder's shape; free sizes by the names of an image's axes. */
function placeholderShape(node: GraphNode, port: Port | undefined): Shape {
  const shape = node.shape('shape') ?? port?.shape;
  if (!shape || (shape.length === 0 && (port?.shape?.length ?? 0) > 0)) {
    if (port?.shape) return named(port.shape);
    throw new ConversionError(`The shape of the input ${quote(node.name)} is not known.`);
  }
  return named(shape);
}

function named(shape: readonly Dimension[]): Shape {
  const names = shape.length === 4 ? FREE : ['batch', ...shape.slice(1).map((_, axis) => `size_${axis + 1}`)];
  return shape.map((size, axis) => size ?? (names[axis] as string));
}

/**
 * Adds a placeholder. Whole numbers, TF.js' only type for the levels of an image, become an input of bytes.
 * @returns its value, cast to what the graph calculates with
 */
function addInput(values: Values, node: GraphNode, port: Port | undefined): { name: string; value: Value } {
  const { builder } = values;
  const type = node.type('dtype', 'float32');
  const shape = placeholderShape(node, port);
  const wish = port?.name ?? node.name;
  if (sizeOf(shape.map((size) => (typeof size === 'number' ? size : 1))) > MOST_INPUTS)
    throw new DamagedFileError(
      `The input ${quote(wish)} claims the impossible shape [${shape.slice(0, 8)}].`,
    );
  if (type === 'float32') {
    const name = builder.input(wish, 'float32', shape);
    return { name, value: { own: name } };
  }
  if (type === 'bool' || shape.length !== 4)
    throw new ConversionError(`The input ${quote(wish)} is not an image.`);
  const name = builder.input(wish, 'uint8', shape);
  const cast = builder.node('Cast', [name], { to: int(numberOfElementType('int64')) });
  return { name, value: { own: cast } };
}

/** What could be followed of a shape, and where it could not, what the signature says. */
function completed(followed: Shape | undefined, said: Shape | undefined): Shape {
  if (!followed) return said ?? [];
  if (said?.length !== followed.length) return followed;
  return followed.map((size, axis) => size ?? said[axis] ?? null);
}

/** Makes a value an output; whole numbers leave as TF.js has them, 32 bits wide. @returns a name, not yet that of callers */
function addOutput(values: Values, value: Value, name: string): string {
  if (value.dead) throw new ConversionError(`The output ${quote(name)} is not calculated.`);
  const { builder } = values;
  const own = values.own(value);
  const whole = builder.type(own) === 'int64';
  const attributes = whole ? { to: int(numberOfElementType('int32')) } : {};
  // A node of its own: two outputs may be one value, and an input may be one as well.
  return builder.output(builder.node(whole ? 'Cast' : 'Identity', [own], attributes, 'output'));
}

function lastActivation(nodes: Nodes, reference: string): LastActivation {
  let node = nodes.get(outputOf(reference).name);
  for (let step = 0; node?.op === 'Identity' && step < 16; step++)
    node = nodes.get(outputOf(node.inputs[0] ?? '').name);
  if (node?.op === 'Softmax') return 'softmax';
  return node?.op === 'Sigmoid' || node?.texts('fused_ops').includes('Sigmoid') ? 'sigmoid' : 'none';
}

function reportedInput(builder: GraphBuilder, name: string): ReportedInput {
  const shape = builder.shape(name);
  const free = (size: Dimension | undefined) => (typeof size === 'number' ? size : null);
  const image = shape.length === 4;
  const first =
    image &&
    typeof shape[1] === 'number' &&
    shape[1] <= 4 &&
    !(typeof shape[3] === 'number' && shape[3] <= 4);
  const [height, width, channels] = first ? [shape[2], shape[3], shape[1]] : [shape[1], shape[2], shape[3]];
  return {
    name,
    shape,
    layout: image ? (first ? 'NCHW' : 'NHWC') : 'other',
    height: free(height),
    width: free(width),
    channels: free(channels),
  };
}

function notesOf(model: ModelJson): string[] {
  const quantized = model.groups.some(({ weights }) =>
    weights.some(({ quantization }) => isObject(quantization)),
  );
  return quantized ? ['The quantized weights were turned into float32.'] : [];
}

function report(
  model: ModelJson,
  builder: GraphBuilder,
  nodes: Nodes,
  inputs: readonly string[],
  outputs: readonly ReportedOutput[],
): ConversionReport {
  const weights = [...builder.graph.initializers.values()].filter(({ type }) => type === 'float32');
  const written =
    typeof model.json.convertedBy === 'string' ? `, ${model.json.convertedBy.slice(0, 60)}` : '';
  return {
    format: 'tfjs-graph',
    dialect: `TensorFlow.js graph model${written}`,
    name: '',
    layers: nodes.size,
    parameters: weights.reduce((sum, { dims }) => sum + sizeOf(dims), 0),
    inputs: inputs.map((name) => reportedInput(builder, name)),
    outputs,
    preprocessing: [],
    notes: notesOf(model),
  };
}

/**
 * Converts a graph model. Inputs and outputs keep the names of the saved model's signature, or of the nodes.
 * @throws ConversionError with one sentence naming the node that cannot be converted
 */
export function readGraphModel(model: ModelJson, files: ModelFiles): ReadModel {
  const nodes = readNodes(model.topology.node);
  const functions = readFunctions(model.topology.library);
  const weights = readWeights(model, files);
  const builder = new GraphBuilder(emptyGraph('tfjs'));
  const values = new Values(builder);
  const signatureInputs = ports(model, 'inputs');
  const placeholders = [...nodes.values()].filter(({ op }) => op === 'Placeholder');
  const inputs = placeholders.map((node) => {
    const port = signatureInputs.find(({ reference }) => outputOf(reference).name === node.name);
    return { node, ...addInput(values, node, port) };
  });
  const given = new Map(inputs.map(({ node, value }) => [node.name, [value]] as const));
  const signatureOutputs = ports(model, 'outputs');
  const wanted = signatureOutputs.length > 0 ? signatureOutputs : leaves(nodes);
  if (wanted.length === 0) throw new ConversionError('The graph of model.json has no outputs.');
  const converter = new GraphConverter(values, { weights, functions });
  const results = converter.convert(
    nodes,
    given,
    wanted.map(({ reference }) => reference),
  );
  const outputs = wanted.map(({ name, reference, shape: said }, index): ReportedOutput => {
    const added = addOutput(values, results[index] as Value, name);
    const { shape } = builder.info(added) ?? {};
    return { name, shape: completed(shape, said), activation: lastActivation(nodes, reference) };
  });
  nameOutputs(
    builder.graph,
    wanted.map(({ name }) => name),
  );
  blockHardSwish(builder.graph);
  prune(builder.graph);
  const names = inputs.map(({ name }) => name);
  return { graph: builder.graph, report: report(model, builder, nodes, names, outputs) };
}

export const tfjsReader: Reader = {
  name: 'TensorFlow.js (model.json)',
  recognizes(files) {
    const json = findModelJson(files);
    return json !== undefined;
  },
  async read(files) {
    const model = readModelJson(findModelJson(files) as Uint8Array);
    if (model.topology.node) return readGraphModel(model, files);
    return readLayersModel(model, files);
  },
};
