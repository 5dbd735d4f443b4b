/** Reverse-mode differentiation: walks the nodes that ran backward and appends their gradients as ordinary nodes. */
import { ConversionError, quote } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node } from '../graph/graph.js';
import { toNumbers } from '../proto/tensor.js';
import { Ops } from './ops.js';
import type { GradientContext, GradientRule } from './rule.js';
import { RULES } from './rules.js';

/** A node of the forward pass; `rule` where it is not that of its operation. */
export interface TapeEntry {
  readonly node: Node;
  readonly rule?: GradientRule;
  readonly saved?: Readonly<Record<string, string>>;
}

/** Every value that depends on one of `sources`, through floating-point values only. */
function dependents(
  tape: readonly TapeEntry[],
  sources: ReadonlySet<string>,
  builder: GraphBuilder,
): Set<string> {
  const found = new Set(sources);
  for (const { node } of tape)
    if (node.inputs.some((input) => found.has(input)))
      for (const output of node.outputs) if (output && builder.type(output) === 'float32') found.add(output);
  return found;
}

function contextOf(
  entry: TapeEntry,
  ops: Ops,
  gradients: Gradients,
  needed: ReadonlySet<string>,
): GradientContext {
  const { node, saved = {} } = entry;
  const input = (index: number) => node.inputs[index] ?? '';
  return {
    node,
    ops,
    saved,
    input,
    output: (index = 0) => node.outputs[index] ?? '',
    gradient: (index = 0) => gradients.of(node.outputs[index] ?? ''),
    needs: (index) => needed.has(input(index)),
    shape: (index) => ops.shape(input(index)),
    numbers: (index) => {
      const constant = ops.builder.graph.initializers.get(input(index));
      return constant && toNumbers(constant);
    },
    extraOutput: (index, wish) => {
      while (node.outputs.length < index) node.outputs.push('');
      const known = node.outputs[index];
      if (known) return known;
      const name = ops.builder.unique(wish);
      node.outputs[index] = name;
      return name;
    },
  };
}

/** The gradients found so far; a value used several times gathers one from each use. */
class Gradients {
  readonly #ops: Ops;
  readonly #parts = new Map<string, string[]>();

  constructor(ops: Ops) {
    this.#ops = ops;
  }

  add(value: string, gradient: string): void {
    this.#parts.set(value, [...(this.#parts.get(value) ?? []), gradient]);
  }

  /** The sum of all that was added, as one value. */
  of(value: string): string | undefined {
    const parts = this.#parts.get(value);
    if (!parts || parts.length < 2) return parts?.[0];
    const total = parts.reduce((sum, part) => this.#ops.add(sum, part));
    this.#parts.set(value, [total]);
    return total;
  }
}

function ruleOf({ node, rule }: TapeEntry): GradientRule {
  const found = rule ?? (node.domain === '' ? RULES.get(node.op) : undefined);
  if (!found)
    throw new ConversionError(
      `The node ${quote(node.name || node.outputs[0])} (${node.op}) has no gradient, and weights that are to be trained lie before it.`,
    );
  return found;
}

/**
 * Appends the gradients of a scalar by some values.
 * @param tape the nodes of the forward pass in the order they run, all of them in the builder's graph
 * @param seeds the scalar's gradient by the values at the end of the forward pass
 * @param sources the values whose gradients are asked for
 * @returns gradient by source; a source on which nothing depends is missing
 * @throws ConversionError naming the node, when an operation on the way has no gradient
 */
export function backward(
  builder: GraphBuilder,
  tape: readonly TapeEntry[],
  seeds: ReadonlyMap<string, string>,
  sources: ReadonlySet<string>,
): Map<string, string> {
  const ops = new Ops(builder);
  const needed = dependents(tape, sources, builder);
  const gradients = new Gradients(ops);
  for (const [value, gradient] of seeds) gradients.add(value, gradient);
  for (const entry of [...tape].reverse()) {
    const { inputs, outputs } = entry.node;
    if (!inputs.some((input) => needed.has(input))) continue;
    if (!outputs.some((output) => gradients.of(output) !== undefined)) continue;
    const rule = ruleOf(entry);
    const found = rule(contextOf(entry, ops, gradients, needed));
    found.forEach((gradient, index) => {
      const input = inputs[index];
      if (gradient !== undefined && input && needed.has(input)) gradients.add(input, gradient);
    });
  }
  const result = new Map<string, string>();
  for (const source of sources) {
    const gradient = gradients.of(source);
    if (gradient !== undefined) result.set(source, gradient);
  }
  return result;
}
