import type { Node, Shape } from '../graph/graph.js';
import type { Ops } from './ops.js';

/** What a rule knows of the node through which it carries a gradient backward. */
export interface GradientContext {
  readonly node: Node;
  readonly ops: Ops;
  /** Values that the forward pass kept for this node, by names the rule chose. */
  readonly saved: Readonly<Record<string, string>>;
  input(index: number): string;
  output(index?: number): string;
  /** The loss's gradient by an output; undefined where the loss does not depend on it. */
  gradient(index?: number): string | undefined;
  /** Whether anything to be trained lies behind an input. */
  needs(index: number): boolean;
  shape(index: number): Shape;
  /** The numbers of a constant input; undefined when it is left out or computed. */
  numbers(index: number): readonly number[] | undefined;
  /** Adds an output that the forward pass did not ask for. @returns its name */
  extraOutput(index: number, wish: string): string;
}

/**
 * Appends the nodes that carry a gradient from a node's outputs to its inputs.
 * @returns the gradient by each input, in order; undefined for inputs that need none or on which nothing depends
 */
export type GradientRule = (context: GradientContext) => readonly (string | undefined)[];

/** A rule of a node with one input that matters and one output. */
export function unary(
  derive: (context: GradientContext, gradient: string) => string | undefined,
): GradientRule {
  return (context) => {
    const gradient = context.gradient();
    return gradient !== undefined && context.needs(0) ? [derive(context, gradient)] : [];
  };
}

/** The gradient by an input where it is needed. */
export function whereNeeded(
  context: GradientContext,
  index: number,
  make: () => string | undefined,
): string | undefined {
  return context.needs(index) ? make() : undefined;
}
