/**
 * Builds a graph node by node, or appends to a loaded one. Owns the graph's names (no two values share one) and what is
 * known of each value's shape, which is there as soon as a node is added.
 */
import { ConversionError, quote } from '../errors.js';
import type { Attributes } from '../proto/attribute.js';
import type { ElementType } from '../proto/element-type.js';
import type { Tensor } from '../proto/tensor.js';
import { inferShapes, type ShapeInference } from '../shapes/inference.js';
import type { ValueInfo } from '../shapes/rule.js';
import { writeGraph } from './file.js';
import { emptyGraph, type Graph, type Node, type Shape, type Value } from './graph.js';

/** Constants up to this many elements are stored once, however often they are asked for. */
const SHARED_UP_TO = 64;

function namesOf(graph: Graph): Set<string> {
  const values = [...graph.inputs, ...graph.outputs].map(({ name }) => name);
  const nodes = graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]);
  return new Set([...values, ...nodes, ...graph.initializers.keys()]);
}

function keyOf({ type, dims, data }: Tensor): string | undefined {
  return type === 'string' || data.length > SHARED_UP_TO ? undefined : `${type}[${dims}]${data.join()}`;
}

export class GraphBuilder {
  readonly graph: Graph;
  readonly #names: Set<string>;
  readonly #shapes: ShapeInference;
  readonly #constants = new Map<string, string>();
  readonly #counters = new Map<string, number>();

  /** @param graph a graph to append to; a new one unless given */
  constructor(graph: Graph = emptyGraph()) {
    this.graph = graph;
    this.#names = namesOf(graph);
    this.#shapes = inferShapes(graph);
  }

  /** A name that nothing in the graph has yet, taken from now on. */
  unique(wish: string): string {
    let name = wish;
    while (this.#names.has(name)) {
      const count = (this.#counters.get(wish) ?? 0) + 1;
      this.#counters.set(wish, count);
      name = `${wish}_${count}`;
    }
    this.#names.add(name);
    return name;
  }

  /** Adds an input. @returns its name, which is `wish` unless that is taken */
  input(wish: string, type: ElementType, shape: Shape): string {
    const value: Value = { name: this.unique(wish), type, shape };
    this.graph.inputs.push(value);
    this.#shapes.addInput(value);
    return value.name;
  }

  /** Adds a constant; small ones that are there already are used again. @returns its name */
  constant(value: Tensor, wish = 'constant'): string {
    const key = keyOf(value);
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.unique(wish);
    this.graph.initializers.set(name, value);
    this.#shapes.addConstant(name, value);
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** Adds a node with one output. @param wish name of the output, the operation's unless given @returns the output */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, wish = op): string {
    return this.nodes(op, inputs, attributes, 1, wish)[0] as string;
  }

  /** Adds a node with several outputs. @returns their names */
  nodes(op: string, inputs: readonly string[], attributes: Attributes, count: number, wish = op): string[] {
    for (const input of inputs)
      if (input && !this.#names.has(input))
        throw new ConversionError(
          `The operation ${quote(op)} uses ${quote(input)}, which is not in the graph.`,
        );
    const outputs = Array.from({ length: count }, () => this.unique(wish));
    const node = {
      name: outputs[0] ?? '',
      op,
      domain: '',
      inputs: [...inputs],
      outputs,
      attributes: { ...attributes },
    };
    this.append(node);
    return outputs;
  }

  /** Adds a node as it is. Names of its outputs must have been taken by `unique`. */
  append(node: Node): void {
    this.graph.nodes.push(node);
    this.#shapes.add(node);
  }

  /** Makes a value an output of the graph; under another name through an Identity. @returns the output's name */
  output(value: string, wish = value): string {
    const name = wish === value ? value : this.node('Identity', [value], {}, wish);
    const { type, shape } = this.#shapes.get(name) ?? { type: 'float32' as const };
    this.graph.outputs.push(shape ? { name, type, shape } : { name, type });
    return name;
  }

  /** What is known of a value. */
  info(name: string): ValueInfo | undefined {
    return this.#shapes.get(name);
  }

  /** @throws ConversionError when not even the rank is known */
  shape(name: string): Shape {
    const shape = this.#shapes.shape(name);
    if (!shape) throw new ConversionError(`The shape of ${quote(name)} is not known.`);
    return shape;
  }

  type(name: string): ElementType {
    return this.#shapes.get(name)?.type ?? 'float32';
  }

  /** The ONNX file. */
  build(): Uint8Array {
    return writeGraph(this.graph);
  }
}
