/** The last dense layer of a classifier: where it is, what comes into it (the embedding), and a new one in its place. */
import { ConversionError, quote } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Node } from '../../graph/graph.js';
import { int } from '../../proto/attribute.js';
import { float32, int64, type NumericTensor, scalar } from '../../proto/tensor.js';
import { type PrepareOptions, prepare, prunedTo } from '../prepare/prepare.js';
import { normal } from '../trainer/random.js';

export interface Head {
  /** The Gemm, MatMul or Conv that gives the classes. */
  readonly node: Node;
  /** Its input, which may still have spatial axes. */
  readonly embedding: string;
  readonly classes: number;
}

/** What may stand between the last dense layer and the answer. */
const BEHIND = new Set(
  'Softmax LogSoftmax Sigmoid Identity Cast Reshape Flatten Squeeze Unsqueeze Transpose Dropout Relu Clip ReduceMean GlobalAveragePool AveragePool'.split(
    ' ',
  ),
);
const DENSE = new Set(['Gemm', 'MatMul', 'Conv']);

function producerOf(graph: Graph, value: string): Node | undefined {
  return graph.nodes.find(({ outputs }) => outputs.includes(value));
}

/** Adding a constant, as a bias, or scaling by one, as a temperature. */
function withoutConstant(graph: Graph, node: Node): string | undefined {
  if (!['Add', 'Mul', 'Div', 'Sub'].includes(node.op)) return undefined;
  const computed = node.inputs.filter((input) => input && !graph.initializers.has(input));
  return computed.length === 1 ? computed[0] : undefined;
}

function classesOf(graph: Graph, node: Node): number | undefined {
  const dims = graph.initializers.get(node.inputs[1] ?? '')?.dims;
  if (!dims) return undefined;
  if (node.op === 'Conv') return dims.slice(2).every((size) => size === 1) ? dims[0] : undefined;
  const transposed = node.attributes.transB;
  return transposed?.kind === 'int' && transposed.value === 1 ? dims[0] : dims.at(-1);
}

/**
 * Finds the last dense layer of a graph that was prepared or whose constants are initializers.
 * @throws ConversionError when the output does not come from one, as with detectors
 */
export function findHead(graph: Graph, output = graph.outputs[0]?.name ?? ''): Head {
  let value = output;
  for (;;) {
    const node = producerOf(graph, value);
    if (!node) break;
    if (DENSE.has(node.op)) {
      const classes = classesOf(graph, node);
      if (classes === undefined) break;
      return { node, embedding: node.inputs[0] as string, classes };
    }
    const before = BEHIND.has(node.op) ? node.inputs[0] : withoutConstant(graph, node);
    if (!before) break;
    value = before;
  }
  throw new ConversionError(
    `The output ${quote(output)} does not come from a last dense layer: only classifiers can be a base for training.`,
  );
}

/** The embedding as one vector per image: spatial axes are averaged. @returns its name and length */
function flattened(builder: GraphBuilder, embedding: string): { name: string; size: number } {
  const shape = builder.shape(embedding);
  const size = shape[1];
  if (typeof size !== 'number' || (shape.length !== 2 && shape.length !== 4))
    throw new ConversionError(`The embedding ${quote(embedding)} is not one vector per image.`);
  if (shape.length === 2) return { name: embedding, size };
  const pooled = builder.node('GlobalAveragePool', [embedding], {}, 'embedding_pooled');
  const name = builder.node('Reshape', [pooled, builder.constant(int64([-1, size]))], {}, 'embedding_flat');
  return { name, size };
}

/** Everything up to the embedding, ready to have another end. */
function cut(
  original: Graph,
  options: PrepareOptions,
): { builder: GraphBuilder; name: string; size: number } {
  const output = options.output ?? original.outputs[0]?.name;
  // Preparing first moves the image to one input of known size; the head is then found by the same names.
  const whole = prepare(original, options);
  const { embedding } = findHead(whole, output);
  const graph = prunedTo(whole, [embedding]);
  graph.outputs = [];
  const builder = new GraphBuilder(graph);
  return { builder, ...flattened(builder, embedding) };
}

/**
 * A model's graph up to its embedding.
 * @returns a graph with the one output `embedding` [batch, size]
 * @throws ConversionError when the model has no last dense layer
 */
export function embeddingGraph(
  original: Graph,
  options: PrepareOptions = {},
): { graph: Graph; size: number } {
  const { builder, name, size } = cut(original, options);
  builder.output(name, 'embedding');
  return { graph: builder.graph, size };
}

export interface NewHead {
  /** [classes, embedding] */
  readonly weight: NumericTensor;
  readonly bias: NumericTensor;
}

/** Small random weights. Source: He et al., 2015, with the gain of a linear layer. */
export function randomHead(classes: number, size: number, seed: number): NewHead {
  const draw = normal(seed, classes, size);
  const deviation = Math.sqrt(1 / size);
  return {
    weight: float32(
      Float32Array.from({ length: classes * size }, () => draw() * deviation),
      [classes, size],
    ),
    bias: float32(new Float32Array(classes)),
  };
}

/** Names that a new head's weights get. */
export const HEAD_WEIGHT = 'head.weight';
export const HEAD_BIAS = 'head.bias';

/**
 * The model with new last layers and the outputs `probabilities` [batch, classes] and `embedding` [batch, size].
 * @param make the layers, with Relu between them
 * @param options.dropout rate of a dropout before them, which inference leaves out
 */
export function withNewHead(
  original: Graph,
  make: (size: number) => readonly NewHead[],
  options: PrepareOptions & { readonly dropout?: number } = {},
): Graph {
  const { builder, name, size } = cut(original, options);
  const layers = make(size);
  const input = options.dropout
    ? builder.node('Dropout', [name, builder.constant(scalar(options.dropout))], {}, 'head_dropout')
    : name;
  const { graph } = builder;
  const names = layers.map(({ weight, bias }, index) => {
    const before = index < layers.length - 1 ? `hidden_${index}.` : '';
    const [weightName, biasName] = [HEAD_WEIGHT, HEAD_BIAS].map((wish) => builder.unique(before + wish));
    graph.initializers.set(weightName as string, weight);
    graph.initializers.set(biasName as string, bias);
    return [weightName as string, biasName as string];
  });
  const rewired = new GraphBuilder(graph);
  const logits = names.reduce((value, pair, index) => {
    const last = index === names.length - 1;
    const made = rewired.node('Gemm', [value, ...pair], { transB: int(1) }, last ? 'logits' : 'hidden');
    return last ? made : rewired.node('Relu', [made]);
  }, input);
  rewired.output(rewired.node('Softmax', [logits], { axis: int(1) }, 'probabilities'));
  rewired.output(name, 'embedding');
  return graph;
}
