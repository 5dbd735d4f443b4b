/** Inputs and outputs of types that programs find hard to give or take, such as float16, made usual ones. */
import proto, { type onnx as Onnx } from 'onnx-proto';
import { ConversionError } from '../errors.js';
import { type ElementType, elementTypeOf, numberOfElementType } from '../proto/element-type.js';

const { onnx } = proto;
const USUAL_INPUTS: ReadonlySet<ElementType> = new Set(['float32', 'uint8', 'int8']);
const USUAL_OUTPUTS: ReadonlySet<ElementType> = new Set([
  'float32',
  'int32',
  'int64',
  'uint8',
  'int8',
  'bool',
]);
const FLOATS: ReadonlySet<ElementType> = new Set(['float16', 'bfloat16', 'float64']);

const isText = (type: ElementType) => type === 'string';

/** Gives every use of a value another name, in the graphs inside nodes as well unless they make it again. */
function rename(graph: Onnx.IGraphProto, from: string, to: string): void {
  const renamed = (names: readonly string[] | null | undefined) =>
    (names ?? []).map((name) => (name === from ? to : name));
  for (const node of graph.node ?? []) {
    node.input = renamed(node.input);
    for (const { g, graphs } of node.attribute ?? [])
      for (const inner of [...(g ? [g] : []), ...(graphs ?? [])])
        if (!(inner.input ?? []).some(({ name }) => name === from)) rename(inner, from, to);
  }
}

function cast(from: string, to: string, type: ElementType): Onnx.INodeProto {
  const kind = onnx.AttributeProto.AttributeType.INT;
  return {
    name: `${from} as ${type}`,
    opType: 'Cast',
    input: [from],
    output: [to],
    attribute: [{ name: 'to', type: kind, i: numberOfElementType(type) }],
  };
}

/** A value that is a tensor of a type that is no usual one; null for the others. */
function unusual(value: Onnx.IValueInfoProto, usual: ReadonlySet<ElementType>): ElementType | null {
  const type = elementTypeOf(value.type?.tensorType?.elemType ?? 0);
  return type && !usual.has(type) && !isText(type) ? type : null;
}

function setType(value: Onnx.IValueInfoProto, type: ElementType): void {
  const tensor = value.type?.tensorType;
  if (tensor) tensor.elemType = numberOfElementType(type);
}

/**
 * The same model with inputs of float32, uint8 or int8 (float32 for other floats, uint8 for other integers) and outputs of
 * float32, 32 or 64-bit integers or bytes; their names stay. Weights beside the file stay beside it.
 * @throws ConversionError when the bytes are no ONNX model
 */
export function withUsualTypes(bytes: Uint8Array): Uint8Array {
  const model = decode(bytes);
  const graph = model.graph;
  if (!graph) throw new ConversionError('The file is not an ONNX model: it holds no graph.');
  const constants = new Set((graph.initializer ?? []).map(({ name }) => name));
  const before: Onnx.INodeProto[] = [];
  const behind: Onnx.INodeProto[] = [];
  for (const input of graph.input ?? []) {
    const type = unusual(input, USUAL_INPUTS);
    const name = input.name ?? '';
    if (!type || constants.has(name)) continue;
    const inner = `${name} as the model takes it`;
    rename(graph, name, inner);
    setType(input, FLOATS.has(type) ? 'float32' : 'uint8');
    before.push(cast(name, inner, type));
  }
  for (const output of graph.output ?? []) {
    const name = output.name ?? '';
    if (!unusual(output, USUAL_OUTPUTS)) continue;
    const inner = `${name} as the model gives it`;
    rename(graph, name, inner);
    for (const node of graph.node ?? [])
      node.output = (node.output ?? []).map((made) => (made === name ? inner : made));
    setType(output, 'float32');
    behind.push(cast(inner, name, 'float32'));
  }
  graph.node = [...before, ...(graph.node ?? []), ...behind];
  return onnx.ModelProto.encode(model).finish();
}

function decode(bytes: Uint8Array): Onnx.ModelProto {
  try {
    // A Buffer lets protobufjs take tensors as views instead of copies.
    return onnx.ModelProto.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    throw new ConversionError(
      'The file is not an ONNX model, or it was cut off: its protobuf cannot be read.',
    );
  }
}
