/** Which weights of a model can be trained, in blocks counted from its end. */
import type { Graph, Node } from '../../graph/graph.js';
import { sizeOf } from '../../proto/tensor.js';

/** Inputs of each operation that hold weights to be learned. */
const LEARNED: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  PRelu: [1],
  Add: [0, 1],
  Mul: [0, 1],
};
const KERNELS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

function learnedBy(graph: Graph, node: Node): string[] {
  return (LEARNED[node.op] ?? []).flatMap((index) => {
    const name = node.inputs[index];
    const tensor = name ? graph.initializers.get(name) : undefined;
    if (!name || tensor?.type !== 'float32') return [];
    // A single number beside an Add or a Mul is part of a formula, not a weight.
    return sizeOf(tensor.dims) > 1 || !['Add', 'Mul'].includes(node.op) ? [name] : [];
  });
}

/** A layer with a kernel, and what is learned behind it up to the next. */
export interface Block {
  /** Name of the layer's node. */
  readonly name: string;
  /** Names of its weights. */
  readonly weights: readonly string[];
}

/**
 * The blocks of a graph in the order they run. What is learned before the first layer with a kernel belongs to none:
 * it prepares the image. A weight used by several layers belongs to the first of them.
 */
export function blocksOf(graph: Graph): Block[] {
  const blocks: { name: string; weights: string[] }[] = [];
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    const fresh = learnedBy(graph, node).filter((name) => !seen.has(name));
    for (const name of fresh) seen.add(name);
    if (KERNELS.has(node.op) && fresh.length > 0)
      blocks.push({ name: node.name || (node.outputs[0] as string), weights: [...fresh] });
    else blocks.at(-1)?.weights.push(...fresh);
  }
  return blocks;
}

/** Names of the weights of the last blocks. @param count how many, or all */
export function lastBlocks(graph: Graph, count: number | 'all'): string[] {
  const blocks = blocksOf(graph);
  const chosen = count === 'all' ? blocks : blocks.slice(Math.max(0, blocks.length - count));
  return chosen.flatMap(({ weights }) => weights);
}
