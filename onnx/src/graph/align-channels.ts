/**
 * Widens values inside a graph whose number of channels ONNX Runtime's blocked convolutions cannot take, by channels that
 * are zero and that nobody looks at. It wants multiples of four; a depthwise convolution of 18 channels otherwise runs
 * channel by channel and was measured to take four times as long as one of 20, besides bringing its image out of blocks and
 * back. Results are equal to rounding.
 */
import { type Attributes, int, intOf } from '../proto/attribute.js';
import { float32, isNumeric, type NumericTensor, sizeOf, toFloat32 } from '../proto/tensor.js';
import { inferShapes } from '../shapes/inference.js';
import type { Graph, Node } from './graph.js';
import { prune } from './prune.js';

/** Channels come in so many at least. */
const STEP = 4;

/** Operations that give each channel from the same channel, with finite values for zeros. */
const BY_CHANNEL = new Set(
  'Relu LeakyRelu Clip Sigmoid HardSigmoid HardSwish Tanh Elu MaxPool AveragePool GlobalAveragePool GlobalMaxPool'.split(
    ' ',
  ),
);
/** Operations that may have a number per channel as an operand. */
const WITH_CONSTANT = new Set(['Add', 'Sub', 'Mul', 'PRelu']);

/** Which values have to be widened together, and which cannot be. */
class Groups {
  readonly #parents = new Map<string, string>();
  readonly #fixed = new Set<string>();

  root(name: string): string {
    let at = name;
    for (let next = this.#parents.get(at); next !== undefined && next !== at; next = this.#parents.get(at))
      at = next;
    return at;
  }

  join(names: readonly string[]): void {
    const [first, ...rest] = names.map((name) => this.root(name));
    if (first !== undefined) for (const name of rest) this.#parents.set(name, first);
  }

  fix(name: string): void {
    this.#fixed.add(name);
  }

  /** Roots of groups that hold a value which somebody outside reads or makes. */
  fixedRoots(): ReadonlySet<string> {
    return new Set([...this.#fixed].map((name) => this.root(name)));
  }
}

/** Looks at a graph's values and constants. */
class Channels {
  readonly graph: Graph;
  readonly #shapes: ReturnType<typeof inferShapes>;

  constructor(graph: Graph) {
    this.graph = graph;
    this.#shapes = inferShapes(graph);
  }

  /** Channels of an image [batch, channels, rows, columns]; undefined for anything else, and for constants. */
  of(name: string): number | undefined {
    if (this.graph.initializers.has(name)) return undefined;
    const shape = this.#shapes.shape(name);
    const channels = shape?.length === 4 ? shape[1] : undefined;
    return typeof channels === 'number' ? channels : undefined;
  }

  /** By how many channels a value falls short. */
  missing(name: string): number {
    const channels = this.of(name);
    if (channels === undefined || channels < STEP) return 0; // gray and colour images are taken as they are
    return Math.ceil(channels / STEP) * STEP - channels;
  }

  weights(name: string | undefined): NumericTensor | undefined {
    const tensor = name === undefined ? undefined : this.graph.initializers.get(name);
    return tensor && isNumeric(tensor.type) && tensor.type === 'float32'
      ? (tensor as NumericTensor)
      : undefined;
  }

  isNumber(name: string): boolean {
    return this.weights(name)?.data.length === 1;
  }

  /** A constant that is broadcast with one number per channel. */
  isPerChannel(name: string, channels: number): boolean {
    const dims = this.weights(name)?.dims;
    return dims?.at(-3) === channels && sizeOf(dims) === channels && dims.length >= 3;
  }

  /** Which kind of convolution a node is, where its weights are constants. */
  convolution(node: Node): 'dense' | 'depthwise' | undefined {
    const kernel = this.weights(node.inputs[1]);
    const bias = node.inputs[2];
    if (node.op !== 'Conv' || node.domain !== '' || kernel?.dims.length !== 4) return undefined;
    if (bias && !this.weights(bias)) return undefined;
    const group = intOf(node.attributes, 'group', 1);
    if (group === 1) return 'dense';
    return kernel.dims[1] === 1 && kernel.dims[0] === group ? 'depthwise' : undefined;
  }
}

/** Values of a node that keep the same channels; undefined when the node does something else with them. */
function alike(node: Node, channels: Channels): readonly string[] | undefined {
  const [output = ''] = node.outputs;
  const [input = ''] = node.inputs;
  const count = channels.of(output);
  if (node.domain !== '' || node.outputs.length !== 1 || count === undefined) return undefined;
  if (channels.convolution(node) === 'depthwise') return [input, output];
  const constants =
    node.op === 'BatchNormalization' && node.inputs.slice(1).every((name) => channels.weights(name));
  if (constants || BY_CHANNEL.has(node.op)) return channels.of(input) === count ? [input, output] : undefined;
  if (!WITH_CONSTANT.has(node.op)) return undefined;
  const values = node.inputs.filter((name) => channels.of(name) !== undefined);
  const others = node.inputs.filter((name) => !values.includes(name));
  const fits =
    values.every((name) => channels.of(name) === count) &&
    others.every((name) => channels.isNumber(name) || channels.isPerChannel(name, count));
  return fits ? [...values, output] : undefined;
}

/** Values that are widened, each with what its node makes of channels understood. */
function widened(graph: Graph, channels: Channels): ReadonlySet<string> {
  const short = (names: readonly string[]) => names.filter((name) => name && channels.missing(name) > 0);
  const groups = new Groups();
  const all = new Set<string>();
  const read = new Set<string>();
  for (const node of graph.nodes) {
    const own = short([...node.inputs, ...node.outputs]);
    for (const name of own) all.add(name);
    const same = alike(node, channels);
    if (same) groups.join(same.filter((name) => own.includes(name)));
    else if (channels.convolution(node) !== 'dense') for (const name of own) groups.fix(name);
    if (channels.convolution(node)) for (const name of short(node.inputs)) read.add(name);
  }
  for (const { name } of [...graph.inputs, ...graph.outputs]) groups.fix(name);
  const fixed = groups.fixedRoots();
  const useful = new Set([...read].map((name) => groups.root(name)));
  const roots = [...all].filter((name) => useful.has(groups.root(name)) && !fixed.has(groups.root(name)));
  return new Set(roots);
}

/** The constant with zeros added at the end of an axis. @returns its name */
function filled(channels: Channels, name: string, axis: number, more: number): string {
  const { initializers } = channels.graph;
  const wide = `${name}/wide${axis}+${more}`;
  if (initializers.has(wide)) return wide;
  const source = channels.weights(name) as NumericTensor;
  const inner = sizeOf(source.dims.slice(axis + 1));
  const length = (source.dims[axis] as number) * inner;
  const dims = source.dims.map((size, at) => (at === axis ? size + more : size));
  const values = new Float32Array(sizeOf(dims));
  const from = toFloat32(source);
  for (let row = 0; row * length < from.length; row++)
    values.set(from.subarray(row * length, (row + 1) * length), row * (length + more * inner));
  initializers.set(wide, float32(values, dims));
  return wide;
}

interface Widened {
  readonly inputs: string[];
  readonly attributes?: Attributes;
}

function widenConvolution(node: Node, channels: Channels, wide: ReadonlySet<string>): Widened {
  const [input = '', kernel = '', bias] = node.inputs;
  const [output = ''] = node.outputs;
  const more = wide.has(output) ? channels.missing(output) : 0;
  const depthwise = channels.convolution(node) === 'depthwise';
  const before =
    wide.has(input) && !depthwise ? filled(channels, kernel, 1, channels.missing(input)) : kernel;
  const inputs = [input, more ? filled(channels, before, 0, more) : before];
  if (bias) inputs.push(more ? filled(channels, bias, 0, more) : bias);
  const group = intOf(node.attributes, 'group', 1);
  return { inputs, ...(depthwise ? { attributes: { group: int(group + more) } } : {}) };
}

function widenConstants(node: Node, channels: Channels, more: number): Widened {
  const inputs = node.inputs.map((name) => {
    const constant = channels.weights(name);
    if (!constant || channels.isNumber(name)) return name;
    return filled(channels, name, Math.max(0, constant.dims.length - 3), more);
  });
  return { inputs };
}

function widen(node: Node, channels: Channels, wide: ReadonlySet<string>): Widened {
  if (channels.convolution(node)) return widenConvolution(node, channels, wide);
  const [output = ''] = node.outputs;
  if (!wide.has(output) || node.op === 'Clip') return { inputs: node.inputs };
  return widenConstants(node, channels, channels.missing(output));
}

/** Rewrites the graph in place. */
export function alignChannels(graph: Graph): void {
  const channels = new Channels(graph);
  const wide = widened(graph, channels);
  if (wide.size === 0) return;
  graph.nodes = graph.nodes.map((node) => {
    const { inputs, attributes = {} } = widen(node, channels, wide);
    return { ...node, inputs, attributes: { ...node.attributes, ...attributes } };
  });
  for (const name of wide) graph.valueInfo.delete(name);
  prune(graph);
}
