/**
 * Values of a TensorFlow graph on their way to ONNX. A value of four axes can be in the graph twice: in TensorFlow's own
 * order, and with the channels before height and width, which ONNX's convolutions need. Each copy is made when it is
 * first asked for, so a transposition stands only where an operation needs the other order, and two in a row never do.
 */
import { ConversionError, DamagedFileError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Dimension, Shape } from '../graph/graph.js';
import { type Attributes, ints } from '../proto/attribute.js';
import { permute } from '../proto/permute.js';
import { isNumeric, type NumericTensor, sizeOf, type Tensor, tensor } from '../proto/tensor.js';
import type { Numbers } from './numbers.js';

/** Values in one tensor beyond which no network goes; a shape that asks for more is a lie or would fill the memory. */
const MOST_VALUES = 2 ** 28;

export interface Value {
  /** Name in the graph, axes as TensorFlow has them. */
  own?: string;
  /** Name in the graph, axes N, C, H, W where TensorFlow has N, H, W, C. */
  channelsFirst?: string;
  /** The numbers, where they are known while converting. Integers are int64. */
  readonly constant?: NumericTensor;
  /** Small vectors of which only some numbers are known: shapes with free sizes. */
  readonly known?: Numbers;
  /** Zeros that were laid around a value of four axes: a convolution without padding can do that itself. */
  readonly padded?: { readonly source: Value; readonly pads: readonly number[] };
  /** The branch that this value belongs to is not taken. */
  readonly dead?: boolean;
}

const TO_FIRST = [0, 3, 1, 2];
const TO_OWN = [0, 2, 3, 1];
/** Where each of TensorFlow's axes N, H, W, C is in N, C, H, W. */
const FIRST_AXIS = [0, 2, 3, 1];

/** TensorFlow's integers as int64, its small types likewise. @throws ConversionError for strings */
export function constantValue(source: Tensor): Value {
  if (!isNumeric(source.type)) throw new ConversionError('A constant of strings cannot be converted.');
  const numeric = source as NumericTensor;
  if (numeric.type === 'int32' || numeric.type === 'uint8')
    return {
      constant: tensor('int64', numeric.dims, BigInt64Array.from(numeric.data as Int32Array, BigInt)),
    };
  return { constant: numeric };
}

export class Values {
  readonly builder: GraphBuilder;

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  /** Shape in TensorFlow's order. @throws ConversionError when not even the rank is known */
  shape(value: Value): Shape {
    if (value.constant) return value.constant.dims;
    if (value.own !== undefined) return this.builder.shape(value.own);
    const [n, c, h, w] = this.builder.shape(value.channelsFirst as string) as [
      Dimension,
      Dimension,
      Dimension,
      Dimension,
    ];
    return [n, h, w, c];
  }

  type(value: Value): string {
    return value.constant?.type ?? this.builder.type((value.own ?? value.channelsFirst) as string);
  }

  /** Whether a value is in the graph with its channels first and not in its own order. */
  onlyFirst(value: Value): boolean {
    return value.channelsFirst !== undefined && value.own === undefined;
  }

  /** Name of the value in TensorFlow's order. */
  own(value: Value): string {
    if (value.own === undefined)
      value.own = value.constant
        ? this.builder.constant(value.constant)
        : this.builder.node('Transpose', [value.channelsFirst as string], { perm: ints(TO_OWN) });
    return value.own;
  }

  /** Name of the value with its channels first. @throws ConversionError unless it has four axes */
  first(value: Value): string {
    if (value.channelsFirst === undefined) {
      if (this.shape(value).length !== 4) throw new ConversionError('An image of four axes was expected.');
      value.channelsFirst = value.constant
        ? this.builder.constant(permute(value.constant, TO_FIRST))
        : this.builder.node('Transpose', [value.own as string], { perm: ints(TO_FIRST) });
    }
    return value.channelsFirst;
  }

  /** Adds a node whose output is in TensorFlow's order. */
  addOwn(op: string, inputs: readonly string[], attributes: Attributes = {}): Value {
    return { own: this.checked(this.builder.node(op, inputs, attributes)) };
  }

  /** Adds a node whose output has its channels first. */
  addFirst(op: string, inputs: readonly string[], attributes: Attributes = {}): Value {
    return { channelsFirst: this.checked(this.builder.node(op, inputs, attributes)) };
  }

  /** @throws ConversionError when a value's shape is empty or larger than any network's */
  checked(name: string): string {
    const sizes = (this.builder.info(name)?.shape ?? []).filter((size) => typeof size === 'number');
    if (sizes.some((size) => size < 0) || sizeOf(sizes) > MOST_VALUES)
      throw new DamagedFileError(
        `A value of the impossible shape [${sizes.slice(0, 8)}] would be calculated.`,
      );
    return name;
  }

  /** A value's name as `layout` wants it. */
  in(value: Value, first: boolean): string {
    return first ? this.first(value) : this.own(value);
  }

  named(name: string, first: boolean): Value {
    return first ? { channelsFirst: name } : { own: name };
  }
}

/** An axis of TensorFlow's order, from the front; where it is with the channels first. */
export function axisIn(axis: number, rank: number, first: boolean): number {
  const fromFront = axis < 0 ? axis + rank : axis;
  if (fromFront < 0 || fromFront >= rank)
    throw new ConversionError(`Axis ${axis} was named where there are ${rank} axes.`);
  return first ? (FIRST_AXIS[fromFront] as number) : fromFront;
}

/** A list with one entry per axis in TensorFlow's order, in the order of N, C, H, W. */
export function inFirstOrder<T>(values: readonly T[]): T[] {
  return TO_FIRST.map((axis) => values[axis] as T);
}
