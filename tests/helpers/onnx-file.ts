/** Small ONNX files for tests, written node by node. */
import proto from 'onnx-proto';

const { onnx } = proto;
const TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, float64: 11 } as const;
type Type = keyof typeof TYPES;

/** A named dimension is free. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: readonly (number | string)[];
  readonly type?: Type;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxGraph {
  /** Constants of float32 that lie in a file beside it. */
  readonly external?: Readonly<Record<string, { dims: readonly number[]; file: string }>>;
  /** Versions that the file says it needs. */
  readonly opset?: number;
  readonly ir?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly inputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly outputs: readonly OnnxValue[];
  readonly constants?: Readonly<
    Record<string, { dims: readonly number[]; data: readonly number[]; type?: Type }>
  >;
}

function describe({ name, dims, type = 'float32' }: OnnxValue) {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType: TYPES[type], shape: { dim } } },
  });
}

function attribute(name: string, value: number | readonly number[]) {
  const { INT, INTS } = onnx.AttributeProto.AttributeType;
  return typeof value === 'number' ? { name, type: INT, i: value } : { name, type: INTS, ints: [...value] };
}

/** The file's bytes. */
export function onnxFile({
  inputs,
  nodes,
  outputs,
  constants = {},
  external = {},
  opset = 13,
  ir = 7,
  metadata = {},
}: OnnxGraph): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: ir,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'example',
      input: inputs.map(describe),
      output: outputs.map(describe),
      node: nodes.map(({ op, inputs, outputs, attributes = {} }) => ({
        opType: op,
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: [
        ...Object.entries(external).map(([name, { dims, file }]) => ({
          name,
          dims: [...dims],
          dataType: TYPES.float32,
          dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
          externalData: [{ key: 'location', value: file }],
        })),
        ...Object.entries(constants).map(([name, { dims, data, type = 'float32' }]) => ({
          name,
          dims: [...dims],
          dataType: TYPES[type],
          ...(type === 'int64' ? { int64Data: [...data] } : { floatData: [...data] }),
        })),
      ],
    },
  });
  return onnx.ModelProto.encode(model).finish();
}
