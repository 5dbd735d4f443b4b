/** What an ONNX file says of itself, without its weights. */
import proto, { type onnx as Onnx } from 'onnx-proto';
import { ConversionError } from '../errors.js';

const { onnx } = proto;

export interface FileSummary {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The last operation of each output that changes values, by the output's name. */
  readonly lastOperations: ReadonlyMap<string, string>;
}

/** Operations that only move values or change their type. */
const MOVES = new Set(['Identity', 'Cast', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose']);

function lastOperation(output: string, makers: ReadonlyMap<string, Onnx.INodeProto>): string | null {
  const seen = new Set<Onnx.INodeProto>();
  for (let node = makers.get(output); node && !seen.has(node); node = makers.get(node.input?.[0] ?? '')) {
    seen.add(node);
    if (!MOVES.has(node.opType ?? '')) return node.opType ?? null;
  }
  return null;
}

function decode(bytes: Uint8Array): Onnx.ModelProto {
  try {
    return onnx.ModelProto.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new ConversionError(
      'The file is not an ONNX model, or it was cut off: its protobuf cannot be read.',
      {
        cause,
      },
    );
  }
}

/** @throws ConversionError when the bytes are no ONNX model */
export function summarize(bytes: Uint8Array): FileSummary {
  const { graph, metadataProps } = decode(bytes);
  const makers = new Map<string, Onnx.INodeProto>();
  for (const node of graph?.node ?? []) for (const name of node.output ?? []) makers.set(name, node);
  const last = (graph?.output ?? []).flatMap(({ name }): [string, string][] => {
    const operation = lastOperation(name ?? '', makers);
    return operation ? [[name ?? '', operation]] : [];
  });
  return {
    name: graph?.name ?? '',
    metadata: Object.fromEntries((metadataProps ?? []).map(({ key, value }) => [key ?? '', value ?? ''])),
    lastOperations: new Map(last),
  };
}
