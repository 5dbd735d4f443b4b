import type { onnx as Onnx } from 'onnx-proto';
import type { Attribute } from '../proto/attribute.js';
import type { ElementType } from '../proto/element-type.js';
import type { Tensor } from '../proto/tensor.js';

/** A size, the name of a free size (such as `batch`), or null where nothing is known. */
export type Dimension = number | string | null;
export type Shape = readonly Dimension[];

/** An input or output of a graph; without a shape not even the rank is known. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape?: Shape;
}

/** An operation. An input or output named '' is left out. */
export interface Node {
  name: string;
  op: string;
  /** '' is ONNX's own set of operations. */
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
}

/** An ONNX model in memory: plain data that may be edited and written again. Nodes stand in the order they run. */
export interface Graph {
  name: string;
  irVersion: number;
  /** Version of each set of operations, by domain. */
  opsets: Map<string, number>;
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  /** Weights and other constants by name. */
  initializers: Map<string, Tensor>;
  /** What the file itself says of inner values; used where a shape cannot be inferred. Not written. */
  valueInfo: Map<string, Value>;
  metadata: Map<string, string>;
  producer: string;
  /** Functions of the file, passed through. */
  functions: Onnx.IFunctionProto[];
}

/** Opset and IR version that every ONNX Runtime since 1.13 runs. */
export const OPSET = 17;
export const IR_VERSION = 8;

export function emptyGraph(name = 'graph'): Graph {
  return {
    name,
    irVersion: IR_VERSION,
    opsets: new Map([['', OPSET]]),
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: new Map(),
    valueInfo: new Map(),
    metadata: new Map(),
    producer: 'scry-onnx',
    functions: [],
  };
}
