/**
 * The ONNX graph while layers are added to it. Owns the layout of every value: where Keras keeps channels last, images
 * inside run channels first, as ONNX's operations want them, and are transposed only where a layer needs the other
 * layout (once, however many layers do).
 */
import { ConversionError, quote } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Dimension, Shape } from '../graph/graph.js';
import { type Attributes, ints } from '../proto/attribute.js';
import type { Tensor } from '../proto/tensor.js';
import type { LastActivation } from '../readers/report.js';
import type { LayerSpec } from './spec.js';

/** A tensor of the Keras model. */
export interface LayerValue {
  /** Its value in the ONNX graph. */
  readonly name: string;
  /** The last axis of the Keras tensor is axis 1 of the ONNX value. */
  readonly channelsFirst: boolean;
  /** What the last operation made of it, as long as nothing but its shape has changed since. */
  readonly activation?: LastActivation;
  /** Still the input's pixels: only prepared, not looked at. */
  readonly pixels?: boolean;
}

/** Numbers that one image may need in one layer: 4 GiB of float32. */
const LARGEST_VALUE = 2 ** 30;
/** More operations than any network of this size has; models that call models could make any number. */
const MOST_NODES = 50_000;

/** Order of axes that moves the last one to position 1. */
function toFirst(rank: number): number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}

/** Order of axes that moves axis 1 to the end. */
function toLast(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
}

export class LayerGraph {
  readonly builder: GraphBuilder;
  readonly #transposed = new Map<string, string>();

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  /** Adds a node for a layer. @throws ConversionError for a value or a graph of an absurd size */
  node(layer: LayerSpec, op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodes(layer, op, inputs, attributes, 1)[0] as string;
  }

  nodes(
    layer: LayerSpec,
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
  ): string[] {
    if (this.builder.graph.nodes.length >= MOST_NODES)
      throw new ConversionError(`The model has more than ${MOST_NODES} operations.`);
    const outputs = this.builder.nodes(op, inputs, attributes, count, `${layer.name}/${op}`);
    for (const output of outputs) this.#checkSize(layer, this.builder.info(output)?.shape ?? []);
    return outputs;
  }

  #checkSize(layer: LayerSpec, shape: Shape): void {
    const known = shape.filter((size) => typeof size === 'number');
    if (known.some((size) => size < 0) || known.some((size) => size === 0))
      throw new ConversionError(
        `${quote(layer.name)} (${layer.className}) leaves nothing of its input: its output would be [${show(shape)}].`,
      );
    if (known.reduce((total, size) => total * size, 1) > LARGEST_VALUE)
      throw new ConversionError(
        `${quote(layer.name)} (${layer.className}) makes values of shape [${show(shape)}], which no machine can hold.`,
      );
  }

  constant(value: Tensor, wish: string): string {
    return this.builder.constant(value, wish);
  }

  /** The shape as Keras sees it. */
  shapeOf(value: LayerValue): Shape {
    const shape = this.builder.shape(value.name);
    return value.channelsFirst ? toLast(shape.length).map((axis) => shape[axis] as Dimension) : shape;
  }

  rankOf(value: LayerValue): number {
    return this.builder.shape(value.name).length;
  }

  /** The axis of the ONNX value that is this axis of the Keras tensor; negative ones count from the end. */
  axisOf(value: LayerValue, axis: number): number {
    const rank = this.rankOf(value);
    const front = axis < 0 ? axis + rank : axis;
    if (front < 0 || front >= rank)
      throw new ConversionError(`There is no axis ${axis} in a tensor of rank ${rank}.`);
    if (!value.channelsFirst || front === 0) return front;
    return front === rank - 1 ? 1 : front + 1;
  }

  /** The value with its axes as Keras has them. */
  plain(value: LayerValue): string {
    return value.channelsFirst ? this.#transpose(value.name, toLast(this.rankOf(value))) : value.name;
  }

  /** The value with its last Keras axis as axis 1. */
  first(value: LayerValue): string {
    if (value.channelsFirst) return value.name;
    const rank = this.rankOf(value);
    return rank < 3 ? value.name : this.#transpose(value.name, toFirst(rank));
  }

  #transpose(name: string, order: readonly number[]): string {
    const key = `${name}\n${order}`;
    const known = this.#transposed.get(key);
    if (known) return known;
    const result = this.builder.node('Transpose', [name], { perm: ints(order) }, `${name}/Transpose`);
    this.#transposed.set(key, result);
    const back = order[1] === order.length - 1 ? toLast(order.length) : toFirst(order.length);
    this.#transposed.set(`${result}\n${back}`, name);
    return result;
  }
}

export function show(shape: Shape): string {
  return shape.map((size) => size ?? '?').join(', ');
}
