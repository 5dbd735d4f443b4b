/**
 * TensorFlow.js graph models as ONNX graphs, one TensorFlow operation after the other. Calls of functions are put in
 * their place; branches and loops are followed where their conditions are known while converting.
 */
import { ConversionError, DamagedFileError, quote } from '../errors.js';
import type { Tensor } from '../proto/tensor.js';
import { fold } from './fold.js';
import { type FunctionDef, type GraphNode, type Nodes, outputOf } from './graph-def.js';
import { type Numbers, numbersOf, tensorOf } from './numbers.js';
import { CONVOLUTION } from './ops/convolution.js';
import { ELEMENTWISE } from './ops/elementwise.js';
import { IMAGE } from './ops/image.js';
import { MATRIX } from './ops/matrix.js';
import { OpContext, type Ops } from './ops/op.js';
import { REDUCTION } from './ops/reduction.js';
import { SHAPE } from './ops/shape.js';
import { SLICE } from './ops/slice.js';
import { constantValue, type Value, type Values } from './value.js';

const OPS: Ops = { ...ELEMENTWISE, ...CONVOLUTION, ...MATRIX, ...REDUCTION, ...SHAPE, ...SLICE, ...IMAGE };

const DEEPEST_CALL = 32;
const MOST_TURNS = 256;
/** Nodes converted in all, functions counted each time: calls of calls multiply. */
const MOST_CONVERTED = 60_000;

const CALLS = new Set(['PartitionedCall', 'StatefulPartitionedCall']);
const BRANCHES = new Set(['If', 'StatelessIf']);
const LOOPS = new Set(['While', 'StatelessWhile']);

/** One graph or function while it is converted. */
interface Frame {
  readonly nodes: Nodes;
  /** Outputs of nodes that were converted. */
  readonly done: Map<string, readonly Value[]>;
  readonly depth: number;
}

/** What the conversion reads from. */
export interface Source {
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly functions: ReadonlyMap<string, FunctionDef>;
}

export class GraphConverter {
  readonly #values: Values;
  readonly #source: Source;
  #converted = 0;

  constructor(values: Values, source: Source) {
    this.#values = values;
    this.#source = source;
  }

  /**
   * Converts what the wanted outputs depend on.
   * @param given values of nodes that are inputs
   * @param wanted such as "Identity" or "split:1"
   * @throws ConversionError naming the node that cannot be converted
   */
  convert(nodes: Nodes, given: ReadonlyMap<string, readonly Value[]>, wanted: readonly string[]): Value[] {
    return this.#run({ nodes, done: new Map(given), depth: 0 }, wanted);
  }

  #run(frame: Frame, wanted: readonly string[]): Value[] {
    for (const reference of wanted) this.#settle(frame, outputOf(reference).name);
    return wanted.map((reference) => this.#output(frame, reference));
  }

  #output(frame: Frame, reference: string): Value {
    const { name, index } = outputOf(reference);
    const found = frame.done.get(name)?.[index];
    if (found) return found;
    throw new DamagedFileError(`The graph uses ${quote(reference)}, which no node gives.`);
  }

  /** Converts a node after all that it depends on; without recursion, since graphs are deeper than the stack. */
  #settle(frame: Frame, name: string): void {
    const open = new Set<string>();
    const stack = [name];
    while (stack.length > 0) {
      const at = stack.at(-1) as string;
      if (frame.done.has(at)) {
        stack.pop();
        continue;
      }
      const node = frame.nodes.get(at);
      if (!node) throw new DamagedFileError(`The graph uses the node ${quote(at)}, which it does not have.`);
      const missing = node.inputs
        .map((input) => outputOf(input).name)
        .filter((input) => !frame.done.has(input));
      if (missing.length === 0) {
        frame.done.set(at, this.#node(frame, node));
        open.delete(at);
        stack.pop();
      } else {
        if (open.has(at))
          throw new ConversionError(`The graph goes in a circle at ${quote(at)}, which cannot be converted.`);
        open.add(at);
        stack.push(...missing);
      }
    }
  }

  #node(frame: Frame, node: GraphNode): readonly Value[] {
    if (++this.#converted > MOST_CONVERTED)
      throw new ConversionError('The graph is too large when its functions are put in place.');
    if (node.op === 'Const') return [this.#constant(node)];
    if (node.op === 'NoOp' || node.op === 'Assert') return [{ dead: true }];
    const inputs = node.inputs.map((reference) => this.#output(frame, reference));
    if (node.op === 'Merge') return merge(node, inputs);
    if (inputs.some(({ dead }) => dead)) return [{ dead: true }, { dead: true }];
    const known = inputs.map((value) => this.#known(value));
    if (node.op === 'Switch') return choose(node, inputs, known);
    if (CALLS.has(node.op)) return this.#call(frame, node.func('f'), inputs, node);
    if (BRANCHES.has(node.op)) return this.#branch(frame, node, inputs, known);
    if (LOOPS.has(node.op)) return this.#loop(frame, node, inputs);
    return this.#operation(node, inputs, known);
  }

  #constant(node: GraphNode): Value {
    const found = this.#source.weights.get(node.name);
    if (found) return found.type === 'string' ? { dead: true } : constantValue(found);
    throw new DamagedFileError(`The weights of the constant ${quote(node.name)} are missing.`);
  }

  #known(value: Value): Numbers | undefined {
    if (value.known) return value.known;
    return value.constant ? numbersOf(value.constant) : undefined;
  }

  #operation(
    node: GraphNode,
    inputs: readonly Value[],
    known: readonly (Numbers | undefined)[],
  ): readonly Value[] {
    const values = this.#values;
    const shape = (index: number) => {
      const value = inputs[index];
      return value && values.shape(value);
    };
    const numbers = fold({ node, known, shape });
    const constant = numbers && tensorOf(numbers);
    if (constant) return [{ constant }];
    const op = Object.hasOwn(OPS, node.op) ? OPS[node.op] : undefined;
    if (!op) throw new ConversionError(`The operation ${node.title} cannot be converted.`);
    const result = op(new OpContext(node, values, inputs, known));
    const outputs = (Array.isArray(result) ? result : [result]) as readonly Value[];
    const [first, ...rest] = outputs;
    return numbers && first ? [{ ...first, known: numbers }, ...rest] : outputs;
  }

  #function(frame: Frame, name: string | undefined, node: GraphNode): FunctionDef {
    const found = name === undefined ? undefined : this.#source.functions.get(name);
    if (!found) throw new ConversionError(`${node.title} calls a function that the graph does not have.`);
    if (frame.depth >= DEEPEST_CALL) throw new ConversionError(`${node.title} calls functions too deep.`);
    return found;
  }

  #call(frame: Frame, name: string | undefined, inputs: readonly Value[], node: GraphNode): readonly Value[] {
    const { nodes, inputs: names, outputs } = this.#function(frame, name, node);
    if (inputs.length < names.length)
      throw new ConversionError(`${node.title} gives its function too few inputs.`);
    const done = new Map(names.map((input, index) => [input, [inputs[index] as Value]] as const));
    return this.#run({ nodes, done, depth: frame.depth + 1 }, outputs);
  }

  #branch(
    frame: Frame,
    node: GraphNode,
    inputs: readonly Value[],
    known: readonly (Numbers | undefined)[],
  ): readonly Value[] {
    const condition = known[0]?.values[0];
    if (typeof condition !== 'number')
      throw new ConversionError(`${node.title} branches by what is known only while the network runs.`);
    return this.#call(frame, node.func(condition ? 'then_branch' : 'else_branch'), inputs.slice(1), node);
  }

  #loop(frame: Frame, node: GraphNode, inputs: readonly Value[]): readonly Value[] {
    let state = inputs;
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const [condition] = this.#call(frame, node.func('cond'), state, node);
      const goesOn = condition && this.#known(condition)?.values[0];
      if (typeof goesOn !== 'number')
        throw new ConversionError(`${node.title} loops as long as is known only while the network runs.`);
      if (!goesOn) return state;
      state = this.#call(frame, node.func('body'), state, node);
    }
    throw new ConversionError(`${node.title} loops more than ${MOST_TURNS} times.`);
  }
}

/** The branch of two that is taken. */
function merge(node: GraphNode, inputs: readonly Value[]): readonly Value[] {
  const alive = inputs.filter(({ dead }) => !dead);
  if (alive.length <= 1) return [alive[0] ?? { dead: true }];
  throw new ConversionError(`${node.title} branches by what is known only while the network runs.`);
}

/** Outputs: what goes on when the condition is false, and when it is true. */
function choose(
  node: GraphNode,
  inputs: readonly Value[],
  known: readonly (Numbers | undefined)[],
): readonly Value[] {
  const condition = known[1]?.values[0];
  const value = inputs[0];
  if (typeof condition !== 'number' || !value)
    throw new ConversionError(`${node.title} branches by what is known only while the network runs.`);
  return condition ? [{ dead: true }, value] : [value, { dead: true }];
}
