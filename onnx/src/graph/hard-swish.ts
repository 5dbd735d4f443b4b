/**
 * Writes x · relu6(x + 3) / 6 so that ONNX Runtime can keep it in the blocked layout of its convolutions. It adds a
 * constant only after it has brought the tensor back to N, C, H, W, which costs MobileNetV3 more than the sum itself; a
 * convolution of one pixel that multiplies and adds per channel stays, and takes the clipping along. Measured on a
 * MobileNetV3 detector of 512 × 512: 9 % less time in all, and results equal to rounding.
 */

import { int } from '../proto/attribute.js';
import { float32, scalar, toFloat32 } from '../proto/tensor.js';
import { inferShapes } from '../shapes/inference.js';
import type { Graph, Node } from './graph.js';

/** Channels in one block of the layout, at the most; other counts are not blocked. */
const BLOCK = 16;

interface HardSwish {
  readonly x: string;
  /** k · (x + offset), clipped to 0 and k · top. */
  readonly factor: number;
  readonly offset: number;
  readonly top: number;
}

/** Looks nodes up by what they give. */
class Patterns {
  readonly #graph: Graph;
  readonly #producers: ReadonlyMap<string, Node>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#producers = new Map(
      graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
    );
  }

  number(name: string | undefined): number | undefined {
    const tensor = this.#graph.initializers.get(name ?? '');
    return tensor?.data.length === 1 && tensor.type === 'float32' ? toFloat32(tensor)[0] : undefined;
  }

  /** What is multiplied, through nested products. */
  factors(node: Node, depth = 0): string[] {
    return node.inputs.flatMap((name) => {
      const inner = this.#producers.get(name);
      return inner?.op === 'Mul' && depth < 2 ? this.factors(inner, depth + 1) : [name];
    });
  }

  /** Clip(x + offset, 0, top) */
  gate(name: string): Omit<HardSwish, 'factor'> | undefined {
    const clip = this.#producers.get(name);
    const sum = clip?.op === 'Clip' ? this.#producers.get(clip.inputs[0] ?? '') : undefined;
    const top = this.number(clip?.inputs[2]);
    if (sum?.op !== 'Add' || this.number(clip?.inputs[1]) !== 0 || top === undefined) return undefined;
    const [a = '', b = ''] = sum.inputs;
    const offset = this.number(b) ?? this.number(a);
    return offset === undefined ? undefined : { x: this.number(b) === undefined ? b : a, offset, top };
  }

  /** x · k · Clip(x + offset, 0, top), its factors in any order. */
  find(node: Node): HardSwish | undefined {
    if (node.op !== 'Mul' || node.domain !== '') return undefined;
    const factors = this.factors(node);
    if (factors.length !== 3) return undefined;
    const factor = factors.map((name) => this.number(name)).find((value) => value !== undefined);
    const gates = factors.map((name) => this.gate(name));
    const gate = gates.find((found) => found !== undefined);
    if (factor === undefined || !gate || !(factor > 0) || !factors.includes(gate.x)) return undefined;
    return { ...gate, factor };
  }
}

/** Rewrites the graph in place. What is no longer used is left to `prune`. */
export function blockHardSwish(graph: Graph): void {
  const patterns = new Patterns(graph);
  const found = new Map(graph.nodes.map((node) => [node, patterns.find(node)] as const));
  if (![...found.values()].some((pattern) => pattern)) return;
  const shapes = inferShapes(graph);
  graph.nodes = graph.nodes.flatMap((node) => {
    const pattern = found.get(node);
    const shape = pattern && shapes.shape(pattern.x);
    const channels = shape?.length === 4 ? shape[1] : undefined;
    if (!pattern || typeof channels !== 'number' || channels % BLOCK || shape?.[2] === 1) return [node];
    return rewritten(graph, node, pattern, channels);
  });
}

function rewritten(graph: Graph, node: Node, pattern: HardSwish, channels: number): Node[] {
  const { x, factor, offset, top } = pattern;
  const name = node.outputs[0] as string;
  const [weights, bias, low, high] = ['weights', 'bias', 'low', 'high'].map((part) => `${name}/${part}`) as [
    string,
    string,
    string,
    string,
  ];
  graph.initializers
    .set(weights, float32(new Float32Array(channels).fill(factor), [channels, 1, 1, 1]))
    .set(bias, float32(new Float32Array(channels).fill(factor * offset)))
    .set(low, scalar(0))
    .set(high, scalar(factor * top));
  const part = (op: string, inputs: string[], output: string, attributes: Node['attributes'] = {}): Node => ({
    name: output,
    op,
    domain: '',
    inputs,
    outputs: [output],
    attributes,
  });
  return [
    part('Conv', [x, weights, bias], `${name}/scaled`, { group: int(channels) }),
    part('Clip', [`${name}/scaled`, low, high], `${name}/gate`),
    part('Mul', [x, `${name}/gate`], name),
  ];
}
