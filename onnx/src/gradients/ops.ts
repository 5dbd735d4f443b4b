/** Short forms of the nodes that gradients are made of, appended to the graph of a builder. */
import { ConversionError, quote } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Dimension, Shape } from '../graph/graph.js';
import { type Attributes, int, ints } from '../proto/attribute.js';
import { numberOfElementType } from '../proto/element-type.js';
import { float32, int64 } from '../proto/tensor.js';

/** Part of one axis that a Slice takes. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step?: number;
}

export class Ops {
  readonly builder: GraphBuilder;

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.builder.node(op, inputs, attributes, `g_${op}`);
  }

  /** A float32 constant without dimensions. */
  number(value: number): string {
    return this.builder.constant(float32([value], []));
  }

  floats(values: readonly number[] | Float32Array, dims: readonly number[] = [values.length]): string {
    return this.builder.constant(float32(values, dims));
  }

  integers(values: readonly number[]): string {
    return this.builder.constant(int64(values));
  }

  add = (a: string, b: string) => this.node('Add', [a, b]);
  sub = (a: string, b: string) => this.node('Sub', [a, b]);
  mul = (a: string, b: string) => this.node('Mul', [a, b]);
  div = (a: string, b: string) => this.node('Div', [a, b]);
  neg = (a: string) => this.node('Neg', [a]);
  square = (a: string) => this.node('Mul', [a, a]);

  scale(a: string, factor: number): string {
    return factor === 1 ? a : this.mul(a, this.number(factor));
  }

  /** `gradient` where `value > limit`, otherwise zero. */
  whereAbove(value: string, limit: number, gradient: string): string {
    return this.where(this.node('Greater', [value, this.number(limit)]), gradient);
  }

  /** `gradient` where the condition holds, otherwise `other`. */
  where(condition: string, gradient: string, other = this.number(0)): string {
    return this.node('Where', [condition, gradient, other]);
  }

  toFloat(value: string): string {
    return this.node('Cast', [value], { to: int(numberOfElementType('float32')) });
  }

  shape(name: string): Shape {
    return this.builder.shape(name);
  }

  rank(name: string): number {
    return this.shape(name).length;
  }

  /** The sizes of some axes, all of which must be known numbers. */
  sizes(name: string, axes: readonly number[]): number[] {
    const shape = this.shape(name);
    return axes.map((axis) => {
      const size = shape[axis];
      if (typeof size !== 'number')
        throw new ConversionError(
          `The size of axis ${axis} of ${quote(name)} is not known: training needs a model with a fixed image size.`,
        );
      return size;
    });
  }

  sum(value: string, axes: readonly number[], keep = true): string {
    if (axes.length === 0) return value;
    return this.node('ReduceSum', [value, this.integers(axes)], { keepdims: int(keep ? 1 : 0) });
  }

  mean(value: string, axes: readonly number[], keep = true): string {
    return this.node('ReduceMean', [value, this.integers(axes)], { keepdims: int(keep ? 1 : 0) });
  }

  reshape(value: string, dims: readonly number[]): string {
    return this.node('Reshape', [value, this.integers(dims)]);
  }

  /** Reshapes to the shape that another value has, at most one of whose sizes is free. */
  reshapeLike(value: string, like: string): string {
    return this.reshapeTo(value, this.shape(like), like);
  }

  reshapeTo(value: string, shape: Shape, like: string): string {
    const free = shape.filter((size) => typeof size !== 'number').length;
    if (free > 1) return this.node('Reshape', [value, this.node('Shape', [like])]);
    return this.reshape(
      value,
      shape.map((size) => (typeof size === 'number' ? size : -1)),
    );
  }

  transpose(value: string, order: readonly number[]): string {
    return order.every((axis, at) => axis === at)
      ? value
      : this.node('Transpose', [value], { perm: ints(order) });
  }

  slice(value: string, parts: readonly AxisSlice[]): string {
    const list = (pick: (part: AxisSlice) => number) => this.integers(parts.map(pick));
    return this.node('Slice', [
      value,
      list(({ start }) => start),
      list(({ end }) => end),
      list(({ axis }) => axis),
      list(({ step }) => step ?? 1),
    ]);
  }

  /** Pads with zeros. @param before added at the start of every axis @param after added at its end */
  pad(value: string, before: readonly number[], after: readonly number[]): string {
    if ([...before, ...after].every((size) => size === 0)) return value;
    return this.node('Pad', [value, this.integers([...before, ...after])]);
  }

  concat(values: readonly string[], axis: number): string {
    return values.length === 1 ? (values[0] as string) : this.node('Concat', values, { axis: int(axis) });
  }

  /** Sums a gradient over the axes along which `value` was repeated by broadcasting. */
  sumTo(gradient: string, value: string): string {
    const from = this.shape(gradient);
    const to = this.shape(value);
    const extra = from.length - to.length;
    const axes = from.flatMap((size, axis) =>
      isRepeated(size, to[axis - extra], axis < extra) ? [axis] : [],
    );
    const summed = this.sum(gradient, axes);
    return extra === 0 ? summed : this.reshapeTo(summed, to, value);
  }

  /** Zeros in the shape of a value. */
  zerosLike(value: string): string {
    return this.mul(value, this.number(0));
  }
}

function isRepeated(from: Dimension, to: Dimension | undefined, added: boolean): boolean {
  return added || (to === 1 && from !== 1);
}

/** 0, 1, …, count − 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
