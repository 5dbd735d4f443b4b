/** TensorFlow's graphs as TensorFlow.js writes them: nodes, their inputs and attributes, and functions. */
import { ConversionError, DamagedFileError, quote } from '../errors.js';
import type { Dimension } from '../graph/graph.js';
import { isObject, type Json } from './model-json.js';

const MOST_NODES = 50_000;

/** What a tensor holds here: TensorFlow's integers all become 64 bits wide. */
export type TfType = 'float32' | 'int64' | 'bool';

/** TensorFlow's types by name and by number (types.proto). */
const TYPES: Readonly<Record<string, TfType>> = {
  ...Object.fromEntries(
    ['DT_FLOAT', 'DT_DOUBLE', 'DT_HALF', '1', '2', '19'].map((name) => [name, 'float32']),
  ),
  ...Object.fromEntries(
    ['DT_INT32', 'DT_UINT8', 'DT_INT16', 'DT_INT8', 'DT_INT64', '3', '4', '5', '6', '9'].map((name) => [
      name,
      'int64',
    ]),
  ),
  DT_BOOL: 'bool',
  '10': 'bool',
};

function integer(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : undefined;
}

/** Strings are base64, or lists of their bytes. */
function text(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map((code) => String.fromCharCode(Number(code))).join('');
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('latin1') : undefined;
}

/** One operation of a graph, with readers of its attributes. */
export class GraphNode {
  readonly name: string;
  readonly op: string;
  /** Names of outputs of other nodes, such as "conv" or "split:1"; those that only order the run are left out. */
  readonly inputs: readonly string[];
  readonly #attributes: Json;

  constructor(name: string, op: string, inputs: readonly string[], attributes: Json) {
    this.name = name;
    this.op = op;
    this.inputs = inputs;
    this.#attributes = attributes;
  }

  /** For messages: `Conv2D "block1/conv"`. */
  get title(): string {
    return `${this.op.slice(0, 60)} ${quote(this.name)}`;
  }

  #raw(key: string): Json {
    const found = this.#attributes[key];
    return isObject(found) ? found : {};
  }

  #list(key: string): Json {
    const list = this.#raw(key).list;
    return isObject(list) ? list : {};
  }

  has(key: string): boolean {
    return isObject(this.#attributes[key]);
  }

  int(key: string, otherwise: number): number {
    return integer(this.#raw(key).i) ?? otherwise;
  }

  float(key: string, otherwise: number): number {
    const value = Number(this.#raw(key).f ?? otherwise);
    if (Number.isFinite(value)) return value;
    throw new ConversionError(`The attribute ${key} of ${this.title} is not a number.`);
  }

  bool(key: string, otherwise = false): boolean {
    const value = this.#raw(key).b;
    return typeof value === 'boolean' ? value : otherwise;
  }

  text(key: string, otherwise: string): string {
    return text(this.#raw(key).s) ?? otherwise;
  }

  ints(key: string): number[] {
    const list = this.#list(key).i;
    return Array.isArray(list) ? list.map((value) => integer(value) ?? 0) : [];
  }

  texts(key: string): string[] {
    const list = this.#list(key).s;
    return Array.isArray(list) ? list.map((value) => text(value) ?? '') : [];
  }

  /** @throws ConversionError for a type that cannot be converted, such as strings */
  type(key: string, otherwise: TfType): TfType {
    const given = this.#raw(key).type;
    if (given === undefined) return otherwise;
    const known = TYPES[String(given)];
    if (known) return known;
    throw new ConversionError(`${this.title} works on ${quote(given)}, which cannot be converted.`);
  }

  /** The type as the file names it. */
  typeName(key: string): string {
    return String(this.#raw(key).type ?? '');
  }

  /** Free sizes are null; undefined when not even the rank is known. */
  shape(key: string): Dimension[] | undefined {
    return shapeOf(this.#raw(key).shape);
  }

  /** Name of a function. */
  func(key: string): string | undefined {
    const func = this.#raw(key).func;
    return isObject(func) && typeof func.name === 'string' ? func.name : undefined;
  }
}

/** A TensorShapeProto. */
export function shapeOf(shape: unknown): Dimension[] | undefined {
  if (!isObject(shape) || shape.unknownRank === true) return undefined;
  if (!Array.isArray(shape.dim)) return [];
  return shape.dim.map((dim) => {
    const size = isObject(dim) ? integer(dim.size) : undefined;
    return size !== undefined && size > 0 ? size : null;
  });
}

export type Nodes = ReadonlyMap<string, GraphNode>;

/** @throws ConversionError for nodes without name or operation, or far too many */
export function readNodes(list: unknown): Map<string, GraphNode> {
  if (!Array.isArray(list) || list.length === 0)
    throw new DamagedFileError('The graph of model.json has no nodes.');
  if (list.length > MOST_NODES)
    throw new DamagedFileError(
      `The graph of model.json has ${list.length} nodes; at most ${MOST_NODES} are read.`,
    );
  const nodes = new Map<string, GraphNode>();
  for (const node of list) {
    if (!isObject(node) || typeof node.name !== 'string' || typeof node.op !== 'string')
      throw new DamagedFileError('The graph of model.json has a node without a name or an operation.');
    const inputs = Array.isArray(node.input) ? node.input.map(String) : [];
    const data = inputs.filter((name) => !name.startsWith('^'));
    nodes.set(node.name, new GraphNode(node.name, node.op, data, isObject(node.attr) ? node.attr : {}));
  }
  return nodes;
}

/** A function of the graph's library: a graph of its own with named inputs and outputs. */
export interface FunctionDef {
  readonly nodes: Nodes;
  readonly inputs: readonly string[];
  /** Where each output comes from, such as "add:z:0". */
  readonly outputs: readonly string[];
}

function argumentNames(list: unknown): string[] {
  return Array.isArray(list) ? list.filter(isObject).map(({ name }) => String(name)) : [];
}

export function readFunctions(library: unknown): Map<string, FunctionDef> {
  const list = isObject(library) && Array.isArray(library.function) ? library.function : [];
  return new Map(
    list.filter(isObject).map((definition) => {
      const signature = isObject(definition.signature) ? definition.signature : {};
      const returned = isObject(definition.ret) ? definition.ret : {};
      const outputs = argumentNames(signature.outputArg).map((name) => String(returned[name] ?? ''));
      const nodes =
        Array.isArray(definition.nodeDef) && definition.nodeDef.length > 0 ? definition.nodeDef : [];
      return [
        String(signature.name),
        {
          nodes: nodes.length > 0 ? readNodes(nodes) : new Map<string, GraphNode>(),
          inputs: argumentNames(signature.inputArg),
          outputs,
        },
      ];
    }),
  );
}

/** "split:1" → node "split", output 1; inside functions "split:output:1". */
export function outputOf(reference: string): { name: string; index: number } {
  const parts = reference.split(':');
  const last = parts.length > 1 ? Number(parts.at(-1)) : 0;
  return { name: parts[0] as string, index: Number.isSafeInteger(last) && last >= 0 ? last : 0 };
}
