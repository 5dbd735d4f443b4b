/** ONNX files to graphs and back. */
import proto, { type onnx as Onnx } from 'onnx-proto';
import { ConversionError, quote } from '../errors.js';
import { decodeAttribute, encodeAttribute } from '../proto/attribute.js';
import { elementTypeOf, numberOfElementType } from '../proto/element-type.js';
import { bigintOf, decodeTensor, encodeTensor } from '../proto/tensor-proto.js';
import { type Dimension, emptyGraph, type Graph, type Node, type Value } from './graph.js';

const { onnx } = proto;
const number = (value: unknown) => Number(bigintOf((value ?? 0) as number));

function dimension(source: Onnx.TensorShapeProto.IDimension): Dimension {
  if (source.dimParam) return source.dimParam;
  if (source.dimValue === undefined || source.dimValue === null) return null;
  const size = number(source.dimValue);
  // Some exporters write -1 or 0 for a free size; a tensor without elements is never an input of a model.
  return size > 0 ? size : null;
}

function decodeValue(source: Onnx.IValueInfoProto): Value {
  const name = source.name ?? '';
  const tensor = source.type?.tensorType;
  const type = elementTypeOf(tensor?.elemType ?? 0);
  if (!tensor || !type)
    throw new ConversionError(`The input or output ${quote(name)} is not a tensor of a known type.`);
  return tensor.shape ? { name, type, shape: (tensor.shape.dim ?? []).map(dimension) } : { name, type };
}

function encodeValue({ name, type, shape }: Value): Onnx.IValueInfoProto {
  const dim = shape?.map((size) => {
    if (size === null) return {};
    return typeof size === 'number' ? { dimValue: size } : { dimParam: size };
  });
  return {
    name,
    type: { tensorType: { elemType: numberOfElementType(type), ...(dim ? { shape: { dim } } : {}) } },
  };
}

function decodeNode(source: Onnx.INodeProto): Node {
  return {
    name: source.name ?? '',
    op: source.opType ?? '',
    domain: source.domain === 'ai.onnx' ? '' : (source.domain ?? ''),
    inputs: source.input ?? [],
    outputs: source.output ?? [],
    attributes: Object.fromEntries(
      (source.attribute ?? []).map((attribute) => [attribute.name ?? '', decodeAttribute(attribute)]),
    ),
  };
}

function encodeNode(node: Node): Onnx.INodeProto {
  return {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
  };
}

function decodeModel(bytes: Uint8Array): Onnx.ModelProto {
  try {
    // A Buffer lets protobufjs take tensors as views instead of copies.
    return onnx.ModelProto.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    throw new ConversionError(
      'The file is not an ONNX model, or it was cut off: its protobuf cannot be read.',
    );
  }
}

/**
 * Reads an ONNX file. The graph's large tensors are views of `bytes`.
 * @throws ConversionError for anything that is not a whole ONNX model in one file
 */
export function readGraph(bytes: Uint8Array): Graph {
  const model = decodeModel(bytes);
  const source = model.graph;
  if (!source?.node?.length && !source?.output?.length)
    throw new ConversionError('The file is not an ONNX model: it holds no graph.');
  if (source.sparseInitializer?.length)
    throw new ConversionError('The model holds sparse weights, which cannot be read.');
  const initializers = new Map(
    (source.initializer ?? []).map((tensor) => [tensor.name ?? '', decodeTensor(tensor)]),
  );
  return {
    ...emptyGraph(source.name ?? ''),
    irVersion: number(model.irVersion),
    opsets: new Map(
      (model.opsetImport ?? []).map(({ domain, version }) => [
        domain === 'ai.onnx' ? '' : (domain ?? ''),
        number(version),
      ]),
    ),
    // Old files list their weights among the inputs.
    inputs: (source.input ?? []).filter(({ name }) => !initializers.has(name ?? '')).map(decodeValue),
    outputs: (source.output ?? []).map(decodeValue),
    nodes: (source.node ?? []).map(decodeNode),
    initializers,
    valueInfo: new Map(
      (source.valueInfo ?? [])
        .filter(({ type }) => elementTypeOf(type?.tensorType?.elemType ?? 0))
        .map((value) => [value.name ?? '', decodeValue(value)]),
    ),
    metadata: new Map((model.metadataProps ?? []).map(({ key, value }) => [key ?? '', value ?? ''])),
    producer: model.producerName ?? '',
    functions: model.functions ?? [],
  };
}

/** Writes a graph as an ONNX file. @throws ConversionError beyond 2 GiB, which a protobuf cannot hold */
export function writeGraph(graph: Graph): Uint8Array {
  const size = [...graph.initializers.values()].reduce(
    (sum, { type, data }) => sum + (type === 'string' ? 0 : data.byteLength),
    0,
  );
  if (size >= 2 ** 31 - 2 ** 20)
    throw new ConversionError('The weights are larger than 2 GiB, more than one ONNX file can hold.');
  const model = onnx.ModelProto.create({
    irVersion: graph.irVersion,
    producerName: graph.producer,
    opsetImport: [...graph.opsets].map(([domain, version]) => ({ domain, version })),
    metadataProps: [...graph.metadata].map(([key, value]) => ({ key, value })),
    functions: graph.functions,
    graph: {
      name: graph.name || 'graph',
      input: graph.inputs.map(encodeValue),
      output: graph.outputs.map(encodeValue),
      node: graph.nodes.map(encodeNode),
      initializer: [...graph.initializers].map(([name, tensor]) => encodeTensor(name, tensor)),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}
