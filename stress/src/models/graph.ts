/**
 * Builds an ONNX graph node by node, with random weights, and turns it into a model file's bytes.
 * Weights come from a seed, so the same model has the same bytes everywhere.
 */
import proto from 'onnx-proto';
import { seededUniform } from '../load/random.js';

const { onnx } = proto;

/** ONNX 1.10, which every ONNX Runtime of these years reads. */
const OPSET = 13;
const IR_VERSION = 7;

/** A value inside the graph: its name and its shape without the batch. */
export interface Value {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface ConvolutionOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  /** Multiplies the weights; below 1 keeps the sum of residual branches from growing with depth. */
  readonly gain?: number;
}

type Attribute = number | readonly number[];

export class GraphBuilder {
  readonly #name: string;
  readonly #random: () => number;
  readonly #nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  readonly #weights: InstanceType<typeof onnx.TensorProto>[] = [];
  readonly #inputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  readonly #outputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  #count = 0;

  /** @param seed of the weights */
  constructor(name: string, seed: number) {
    this.#name = name;
    this.#random = seededUniform(seed);
  }

  /** Declares a float32 input `[n, …dims]` with a free batch. */
  input(name: string, dims: readonly number[]): Value {
    this.#inputs.push(describeValue(name, dims));
    return { name, dims };
  }

  /** Declares a value as an output of the model, under its own name. */
  output(value: Value): void {
    this.#outputs.push(describeValue(value.name, value.dims));
  }

  /** 2-D convolution with bias and "same" padding, as exporters leave it after folding batch normalisation in. */
  convolution(from: Value, channels: number, options: ConvolutionOptions = {}): Value {
    const { kernel = 3, stride = 1, groups = 1, gain = 1 } = options;
    const [inChannels = 0, height = 0, width = 0] = from.dims;
    const perGroup = inChannels / groups;
    const pad = (kernel - 1) / 2;
    const fanIn = perGroup * kernel * kernel;
    const weight = this.#weight([channels, perGroup, kernel, kernel], gain * Math.sqrt(2 / fanIn));
    const bias = this.#weight([channels], 0.01);
    const dims = [channels, Math.ceil(height / stride), Math.ceil(width / stride)];
    return this.#node('Conv', [from.name, weight, bias], dims, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: groups,
    });
  }

  relu(from: Value): Value {
    return this.#node('Relu', [from.name], from.dims);
  }

  /** Clip to 0…6, the activation of MobileNetV2. */
  relu6(from: Value): Value {
    return this.#node('Clip', [from.name, this.#scalar('zero', 0), this.#scalar('six', 6)], from.dims);
  }

  add(left: Value, right: Value): Value {
    return this.#node('Add', [left.name, right.name], left.dims);
  }

  /** 3×3 maximum with stride 2. */
  maxPool(from: Value): Value {
    const [channels = 0, height = 0, width = 0] = from.dims;
    const dims = [channels, Math.ceil(height / 2), Math.ceil(width / 2)];
    return this.#node('MaxPool', [from.name], dims, {
      kernel_shape: [3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    });
  }

  /** Mean over height and width: `[c, h, w]` to `[c]`. */
  globalAverage(from: Value): Value {
    const [channels = 0] = from.dims;
    const pooled = this.#node('GlobalAveragePool', [from.name], [channels, 1, 1]);
    return this.#node('Flatten', [pooled.name], [channels], { axis: 1 });
  }

  /** Fully connected layer with bias. */
  dense(from: Value, outputs: number, name?: string): Value {
    const [inputs = 0] = from.dims;
    const weight = this.#weight([outputs, inputs], Math.sqrt(1 / inputs));
    const bias = this.#weight([outputs], 0.01);
    return this.#node('Gemm', [from.name, weight, bias], [outputs], { transB: 1 }, name);
  }

  softmax(from: Value, name?: string): Value {
    return this.#node('Softmax', [from.name], from.dims, { axis: 1 }, name);
  }

  /** The model file's bytes. */
  encode(): Uint8Array {
    const graph = onnx.GraphProto.create({
      name: this.#name,
      node: this.#nodes,
      initializer: this.#weights,
      input: this.#inputs,
      output: this.#outputs,
    });
    return onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      producerName: 'scry-stress',
      opsetImport: [{ domain: '', version: OPSET }],
      graph,
    }).finish();
  }

  #node(
    opType: string,
    inputs: readonly string[],
    dims: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name = `${opType.toLowerCase()}_${this.#count}`,
  ): Value {
    this.#count++;
    const attribute = Object.entries(attributes).map(([key, value]) => describeAttribute(key, value));
    this.#nodes.push(onnx.NodeProto.create({ name, opType, input: [...inputs], output: [name], attribute }));
    return { name, dims };
  }

  /** Adds uniform random weights with the given standard deviation. */
  #weight(dims: readonly number[], deviation: number): string {
    const name = `weight_${this.#weights.length}`;
    const size = dims.reduce((product, dim) => product * dim, 1);
    const values = new Float32Array(size);
    const reach = deviation * Math.sqrt(3); // a uniform ±r has deviation r / √3
    for (let index = 0; index < size; index++) values[index] = (2 * this.#random() - 1) * reach;
    this.#addTensor(name, dims, values);
    return name;
  }

  #scalar(name: string, value: number): string {
    if (!this.#weights.some((tensor) => tensor.name === name)) {
      this.#addTensor(name, [], Float32Array.of(value));
    }
    return name;
  }

  #addTensor(name: string, dims: readonly number[], values: Float32Array): void {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#weights.push(
      onnx.TensorProto.create({ name, dims: [...dims], dataType: onnx.TensorProto.DataType.FLOAT, rawData }),
    );
  }
}

function describeValue(name: string, dims: readonly number[]) {
  const shape = { dim: [{ dimParam: 'n' }, ...dims.map((dimValue) => ({ dimValue }))] };
  const tensorType = { elemType: onnx.TensorProto.DataType.FLOAT, shape };
  return onnx.ValueInfoProto.create({ name, type: { tensorType } });
}

function describeAttribute(name: string, value: Attribute) {
  const { AttributeType } = onnx.AttributeProto;
  return typeof value === 'number'
    ? onnx.AttributeProto.create({ name, type: AttributeType.INT, i: value })
    : onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...value] });
}
