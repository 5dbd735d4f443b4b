/** What converts one TensorFlow operation, and what it may ask. */
import { ConversionError } from '../../errors.js';
import type { Shape } from '../../graph/graph.js';
import { int64, type NumericTensor, scalar } from '../../proto/tensor.js';
import type { GraphNode } from '../graph-def.js';
import type { Numbers } from '../numbers.js';
import type { Value, Values } from '../value.js';

/** Converts a node. @returns its outputs, in order */
export type Op = (context: OpContext) => Value | readonly Value[];
export type Ops = Readonly<Record<string, Op>>;

export class OpContext {
  readonly node: GraphNode;
  readonly values: Values;
  readonly inputs: readonly Value[];
  readonly known: readonly (Numbers | undefined)[];

  constructor(
    node: GraphNode,
    values: Values,
    inputs: readonly Value[],
    known: readonly (Numbers | undefined)[],
  ) {
    this.node = node;
    this.values = values;
    this.inputs = inputs;
    this.known = known;
  }

  /** @throws ConversionError when the node has fewer inputs */
  input(index: number): Value {
    const found = this.inputs[index];
    if (found) return found;
    throw new ConversionError(`${this.node.title} has ${this.inputs.length} inputs, too few.`);
  }

  own(index: number): string {
    return this.values.own(this.input(index));
  }

  shape(index: number): Shape {
    return this.values.shape(this.input(index));
  }

  rank(index: number): number {
    return this.shape(index).length;
  }

  /** The numbers of an input, when they are all known. */
  maybeNumbers(index: number): readonly number[] | undefined {
    const values = this.known[index]?.values;
    return values?.every((value) => typeof value === 'number') ? (values as readonly number[]) : undefined;
  }

  /** @throws ConversionError when they are only known while the network runs */
  numbers(index: number): readonly number[] {
    this.input(index);
    const found = this.maybeNumbers(index);
    if (found) return found;
    throw new ConversionError(
      `${this.node.title} takes numbers that are known only while the network runs, which cannot be converted.`,
    );
  }

  number(index: number): number {
    return this.numbers(index)[0] ?? 0;
  }

  /** A constant input, whatever its size. */
  constant(index: number): NumericTensor | undefined {
    return this.input(index).constant;
  }

  /** Names of integer constants, for the inputs of a node. */
  ints(...lists: readonly (readonly number[])[]): string[] {
    return lists.map((list) => this.values.builder.constant(int64(list)));
  }

  /** Name of a number of the same type as `like`. */
  scalar(value: number, like?: Value): string {
    const whole = like !== undefined && this.values.type(like) === 'int64';
    return this.values.builder.constant(whole ? int64([value], []) : scalar(value));
  }

  refuse(why: string): never {
    throw new ConversionError(`${this.node.title} cannot be converted: ${why}.`);
  }
}
