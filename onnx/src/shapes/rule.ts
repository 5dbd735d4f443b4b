import type { Dimension, Node, Shape } from '../graph/graph.js';
import type { ElementType } from '../proto/element-type.js';

/** What is known of a value: its element type and, where its rank is known, its shape. */
export interface ValueInfo {
  readonly type: ElementType;
  readonly shape?: Shape;
}

/** What a rule may ask about the node whose outputs it infers. */
export interface RuleContext {
  readonly node: Node;
  /** Version of ONNX's own operations. */
  readonly opset: number;
  /** What is known of input `index`; undefined when it is left out or nothing is known. */
  input(index: number): ValueInfo | undefined;
  shape(index: number): Shape | undefined;
  /** The numbers of a constant input. */
  numbers(index: number): readonly number[] | undefined;
  /** The integers of an input as far as they are known; free sizes by their names. */
  dimensions(index: number): readonly Dimension[] | undefined;
}

/** Infers a node's outputs, in order; undefined for an output that is not known. */
export type Rule = (context: RuleContext) => readonly (ValueInfo | undefined)[];

export function info(type: ElementType, shape: Shape | undefined): ValueInfo {
  return shape ? { type, shape } : { type };
}

/** The first input's type with a new shape. */
export function like(context: RuleContext, shape: Shape | undefined, index = 0): readonly ValueInfo[] {
  return [info(context.input(index)?.type ?? 'float32', shape)];
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Product of sizes that are numbers; null when one is free. */
export function product(sizes: readonly Dimension[]): number | null {
  let total = 1;
  for (const size of sizes) {
    if (typeof size !== 'number') return null;
    total *= size;
  }
  return total;
}
