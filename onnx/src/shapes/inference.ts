/**
 * Shapes and element types of every value of a graph. Owns what is known so far: `add` takes nodes in the order they
 * run and only ever adds to it.
 */
import type { Dimension, Graph, Node, Shape, Value } from '../graph/graph.js';
import { type Tensor, toNumbers } from '../proto/tensor.js';
import { ELEMENTWISE } from './elementwise.js';
import { KNOWN_INTEGERS, LONGEST_SHAPE } from './known-integers.js';
import { LAYOUT } from './layout.js';
import { LINEAR } from './linear.js';
import { REDUCE } from './reduce.js';
import { info, type Rule, type RuleContext, type ValueInfo } from './rule.js';
import { WINDOW } from './window.js';

const RULES = new Map<string, Rule>(
  Object.entries({ ...ELEMENTWISE, ...WINDOW, ...LINEAR, ...REDUCE, ...LAYOUT }),
);

const EVALUATES_INTEGERS = new Map(Object.entries(KNOWN_INTEGERS));

export class ShapeInference {
  readonly #opset: number;
  readonly #said: ReadonlyMap<string, Value>;
  readonly #values = new Map<string, ValueInfo>();
  readonly #integers = new Map<string, readonly Dimension[]>();

  /** @param said what a file says of values, used where nothing can be inferred */
  constructor(opset: number, said: ReadonlyMap<string, Value> = new Map()) {
    this.#opset = opset;
    this.#said = said;
  }

  /** What is known of a value; undefined when nothing is. */
  get(name: string): ValueInfo | undefined {
    return this.#values.get(name);
  }

  shape(name: string): Shape | undefined {
    return this.#values.get(name)?.shape;
  }

  addInput({ name, type, shape }: Value): void {
    this.#values.set(name, info(type, shape));
  }

  addConstant(name: string, constant: Tensor): void {
    this.#values.set(name, { type: constant.type, shape: constant.dims });
    const small = constant.type !== 'string' && constant.data.length <= LONGEST_SHAPE;
    if (small) this.#integers.set(name, toNumbers(constant));
  }

  /** Infers a node's outputs from what is known of its inputs. An operation without a rule leaves them unknown. */
  add(node: Node): void {
    const context = this.#contextOf(node);
    const own = node.domain === '';
    const inferred = (own && RULES.get(node.op)?.(context)) || [];
    node.outputs.forEach((name, index) => {
      const known = inferred[index];
      const said = this.#said.get(name);
      const best = known?.shape || !said ? known : said;
      if (name && best) this.#values.set(name, info(best.type, best.shape));
    });
    if (!own) return;
    const output = node.outputs[0];
    const integers = EVALUATES_INTEGERS.get(node.op)?.(context);
    if (output && integers && integers.length <= LONGEST_SHAPE) this.#integers.set(output, integers);
  }

  #contextOf(node: Node): RuleContext {
    const input = (index: number) => this.#values.get(node.inputs[index] ?? '');
    const dimensions = (index: number) => this.#integers.get(node.inputs[index] ?? '');
    return {
      node,
      opset: this.#opset,
      input,
      dimensions,
      shape: (index) => input(index)?.shape,
      numbers: (index) => {
        const known = dimensions(index);
        return known?.every((value) => typeof value === 'number') ? (known as number[]) : undefined;
      },
    };
  }
}

/** Infers all that can be inferred of a graph whose nodes stand in the order they run. */
export function inferShapes(graph: Graph): ShapeInference {
  const inference = new ShapeInference(graph.opsets.get('') ?? 0, graph.valueInfo);
  for (const input of graph.inputs) inference.addInput(input);
  for (const [name, constant] of graph.initializers) inference.addConstant(name, constant);
  for (const node of graph.nodes) inference.add(node);
  return inference;
}
