/** Brings a model into the form that training works on: one image input with a free batch, explicit padding, no dead ends. */
import { ConversionError, quote } from '../../errors.js';
import type { Dimension, Graph, Node, Shape } from '../../graph/graph.js';
import { ints, string } from '../../proto/attribute.js';
import { int64 } from '../../proto/tensor.js';
import { inferShapes } from '../../shapes/inference.js';
import { windowOf } from '../../shapes/window.js';
import { constantNumbers, upgraded } from './upgrade.js';

export interface PrepareOptions {
  /** The output that is wanted; the first one unless given. */
  readonly output?: string;
  /** Image size for models whose own is free. */
  readonly height?: number;
  readonly width?: number;
}

/** The graph with only what some values need: nodes, initializers and inputs. */
export function prunedTo(graph: Graph, outputs: readonly string[]): Graph {
  const needed = new Set(outputs);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    nodes.unshift(node);
  }
  return {
    ...graph,
    nodes,
    inputs: graph.inputs.filter(({ name }) => needed.has(name)),
    outputs: graph.outputs.filter(({ name }) => outputs.includes(name)),
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
  };
}

function channelsLast(shape: Shape): boolean {
  return shape.length === 4 && shape[3] !== null && (shape[3] === 1 || shape[3] === 3) && shape[1] !== 3;
}

/** The image's sizes with a free batch and, where they were free, the sizes asked for. */
function imageShape(shape: Shape, options: PrepareOptions): Dimension[] {
  const spatial = channelsLast(shape) ? [1, 2] : [shape.length - 2, shape.length - 1];
  const asked = [options.height, options.width];
  return shape.map((size, axis) => {
    if (axis === 0) return 'batch';
    const given = shape.length === 4 ? asked[spatial.indexOf(axis)] : undefined;
    return typeof size === 'number' ? size : (given ?? size);
  });
}

/** Exporters with a fixed batch write it into Reshapes; the batch is free from now on. */
function freeBatch(graph: Graph, batch: number): void {
  const shapes = inferShapes(graph);
  for (const node of graph.nodes) {
    if (node.op !== 'Reshape' || shapes.shape(node.inputs[0] ?? '')?.[0] !== 'batch') continue;
    const target = constantNumbers(graph, node.inputs[1]);
    if (!target || target.length < 2 || target[0] !== batch) continue;
    const name = `${node.outputs[0]}/free_batch`;
    graph.initializers.set(name, int64([target.includes(-1) ? 0 : -1, ...target.slice(1)]));
    node.inputs[1] = name;
  }
}

/** Padding that keeps ⌈size / stride⌉ windows. Source: onnx/docs/Operators.md, Conv. */
function samePads(node: Node, sizes: readonly number[], kernel: readonly number[]): number[] {
  const { strides, dilations, autoPad } = windowOf(node.attributes, kernel);
  const totals = sizes.map((size, axis) => {
    const stride = strides[axis] as number;
    const span = (dilations[axis] as number) * ((kernel[axis] as number) - 1) + 1;
    return Math.max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
  });
  const halves = totals.map((total) => Math.floor(total / 2));
  const rests = totals.map((total, axis) => total - (halves[axis] as number));
  return autoPad === 'SAME_LOWER' ? [...rests, ...halves] : [...halves, ...rests];
}

function resolvePadding(graph: Graph): void {
  const shapes = inferShapes(graph);
  for (const node of graph.nodes) {
    const mode = node.attributes.auto_pad;
    if (mode?.kind !== 'string' || mode.value === 'NOTSET') continue;
    const sizes = shapes.shape(node.inputs[0] ?? '')?.slice(2) ?? [];
    const given = node.attributes.kernel_shape;
    const kernel = given?.kind === 'ints' ? given.value : shapes.shape(node.inputs[1] ?? '')?.slice(2);
    const known = sizes.every((size) => typeof size === 'number');
    if (mode.value !== 'VALID' && (node.op === 'ConvTranspose' || !known || !kernel))
      throw new ConversionError(
        `The padding of the node ${quote(node.name)} (${node.op}) depends on an image size that is free: give the size to train at.`,
      );
    const pads =
      mode.value === 'VALID'
        ? sizes.flatMap(() => [0, 0])
        : samePads(node, sizes as number[], kernel as number[]);
    node.attributes.auto_pad = string('NOTSET');
    node.attributes.pads = ints(pads);
  }
}

/**
 * A Relu before a max pool gives the same behind it, where there are fewer elements. Only where nothing else reads the
 * Relu's output.
 */
function moveReluBehindPools(graph: Graph): void {
  const uses = new Map<string, number>();
  for (const name of [
    ...graph.nodes.flatMap(({ inputs }) => inputs),
    ...graph.outputs.map(({ name }) => name),
  ])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  graph.nodes.forEach((relu, at) => {
    const between = relu.outputs[0] as string;
    const poolAt = graph.nodes.findIndex(({ inputs }) => inputs[0] === between);
    const pool = graph.nodes[poolAt];
    if (relu.op !== 'Relu' || pool?.op !== 'MaxPool' || pool.outputs.length > 1 || uses.get(between) !== 1)
      return;
    const result = pool.outputs[0] as string;
    graph.nodes[at] = { ...pool, inputs: [...relu.inputs], outputs: [between] };
    graph.nodes[poolAt] = { ...relu, inputs: [between], outputs: [result] };
  });
}

/**
 * A copy of a model in the form that training works on.
 * @throws ConversionError when the model has several inputs, or not the output asked for
 */
export function prepare(original: Graph, options: PrepareOptions = {}): Graph {
  const output = options.output ?? original.outputs[0]?.name ?? '';
  if (!original.outputs.some(({ name }) => name === output))
    throw new ConversionError(`The model has no output ${quote(output)}.`);
  const graph = prunedTo(upgraded(original), [output]);
  const [input] = graph.inputs;
  if (!input?.shape || graph.inputs.length > 1)
    throw new ConversionError(
      `Training needs a model with one input, the image; this one has ${graph.inputs.length}.`,
    );
  graph.inputs = [{ ...input, shape: imageShape(input.shape, options) }];
  graph.valueInfo = new Map();
  graph.outputs = graph.outputs.map(({ name, type }) => ({ name, type }));
  if (typeof input.shape[0] === 'number') freeBatch(graph, input.shape[0]);
  resolvePadding(graph);
  moveReluBehindPools(graph);
  return graph;
}
