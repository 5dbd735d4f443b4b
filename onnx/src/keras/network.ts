/**
 * Adds a Keras model to a graph, layer by layer. Owns what has been read so far: each layer's weights and constants
 * (once, however often it is called), the number of parameters, the layers that prepare pixels, notes.
 */
import { ConversionError, quote } from '../errors.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Dimension } from '../graph/graph.js';
import type { NumericTensor, Tensor } from '../proto/tensor.js';
import type { PreprocessingLayer } from '../readers/report.js';
import type { WeightSource } from '../readers/weights.js';
import { statedShape } from './config.js';
import { LayerGraph, type LayerValue } from './layer-graph.js';
import { kindOf } from './layers/kinds.js';
import type { LayerContext } from './layers/layer-kind.js';
import { orderOfCalls } from './order.js';
import { nameLayer, Settings } from './settings.js';
import { type Call, type LayerSpec, type ModelSpec, refsOfCall, type TensorRef } from './spec.js';

const NO_CALL: Call = { args: [], kwargs: {} };
const PREPARES = new Set([
  'Rescaling',
  'Normalization',
  'Resizing',
  'CenterCrop',
  'TFOpLambda',
  'TensorFlowOpLayer',
  'Subtract',
  'Multiply',
  'Divide',
  'TrueDivide',
  'Add',
]);
/** Layers that leave pixels what they are. */
const KEEPS_PIXELS = /^(Random|InputLayer$|Identity$|Dropout$|GaussianNoise$)/;

type ValueOf = LayerContext['valueOf'];

export class Network {
  readonly graph = new LayerGraph(new GraphBuilder());
  readonly preprocessing: PreprocessingLayer[] = [];
  readonly notes = new Set<string>();
  parameters = 0;
  layers = 0;
  readonly #weights: WeightSource<LayerSpec>;
  readonly #kerasVersion: number;
  readonly #training: boolean;
  readonly #read = new Map<LayerSpec, readonly NumericTensor[]>();
  readonly #constants = new Map<LayerSpec, Map<string, string>>();
  readonly #counted = new Set<LayerSpec>();

  /** @param kerasVersion 1, 2 or 3 @param training keeps Dropout layers, which inference leaves out */
  constructor(weights: WeightSource<LayerSpec>, kerasVersion: number, training = false) {
    this.#weights = weights;
    this.#kerasVersion = kerasVersion;
    this.#training = training;
  }

  /** Adds the whole model with its inputs and outputs. @throws ConversionError naming the layer that cannot be added */
  add(model: ModelSpec): readonly LayerValue[] {
    const inputs = inputLayersOf(model).map((stated) => this.#addInput(stated));
    return this.#run(model, inputs);
  }

  #addInput({ name, shape }: StatedInput): LayerValue {
    const sizes: Dimension[] = ['batch', ...shape.slice(1)];
    const named = sizes.map((size, axis) => size ?? `${name}_${axis}`);
    return { name: this.graph.builder.input(name, 'float32', named), channelsFirst: false, pixels: true };
  }

  /** @returns the model's outputs in order */
  #run(model: ModelSpec, inputs: readonly LayerValue[]): readonly LayerValue[] {
    if (model.kind === 'Functional') return this.#runFunctional(model, inputs);
    let values = inputs;
    for (const layer of model.layers) {
      if (layer.className === 'InputLayer') this.#count(layer);
      else values = this.#call(layer, NO_CALL, values, noTensors(layer));
    }
    return values;
  }

  #runFunctional(model: ModelSpec, inputs: readonly LayerValue[]): readonly LayerValue[] {
    const known = new Map<string, readonly LayerValue[]>();
    const place = (layer: string, node: number) => `${node}/${layer}`;
    if (inputs.length !== model.inputs.length)
      throw new ConversionError(
        `The model ${quote(model.name)} takes ${model.inputs.length} inputs and is given ${inputs.length}.`,
      );
    for (const [index, { ref }] of model.inputs.entries())
      known.set(place(ref.layer, 0), [inputs[index] as LayerValue]);
    const order = orderOfCalls(model);
    const tensorOf = ({ ref }: TensorRef): LayerValue => {
      const value = known.get(place(ref.layer, order.nodeOf(ref)))?.[ref.tensor];
      if (!value) throw new ConversionError(`The layer ${quote(ref.layer)} has no output ${ref.tensor}.`);
      return value;
    };
    for (const { layer, call, node } of order.calls) {
      if (layer.className === 'InputLayer') this.#count(layer);
      else
        known.set(place(layer.name, node), this.#call(layer, call, refsOfCall(call).map(tensorOf), tensorOf));
    }
    return model.outputs.map(tensorOf);
  }

  #call(
    layer: LayerSpec,
    call: Call,
    inputs: readonly LayerValue[],
    tensorOf: ValueOf,
  ): readonly LayerValue[] {
    this.#count(layer);
    if (layer.model) return this.#run(layer.model, inputs);
    const kind = kindOf(layer);
    if (!kind)
      throw new ConversionError(
        `${nameLayer(layer)} cannot be converted to ONNX: layers of this class are not known.`,
      );
    const output = kind.build(this.#contextOf(layer, call, tensorOf, inputs), inputs);
    return [this.#markPixels(layer, inputs, output)];
  }

  #markPixels(layer: LayerSpec, inputs: readonly LayerValue[], output: LayerValue): LayerValue {
    const { pixels: _, ...value } = output;
    if (!inputs.some((input) => input.pixels)) return value;
    const prepares = PREPARES.has(layer.className);
    if (prepares && inputs.length === 1)
      this.preprocessing.push({ name: layer.name, className: layer.className, settings: layer.config });
    return (prepares && inputs.length === 1) || KEEPS_PIXELS.test(layer.className)
      ? { ...value, pixels: true }
      : value;
  }

  #count(layer: LayerSpec): void {
    if (this.#counted.has(layer)) return;
    this.#counted.add(layer);
    if (!layer.model) this.layers += 1;
  }

  #contextOf(layer: LayerSpec, call: Call, tensorOf: ValueOf, inputs: readonly LayerValue[]): LayerContext {
    const { graph } = this;
    return {
      layer,
      call,
      graph,
      valueOf: tensorOf,
      settings: new Settings(layer),
      kerasVersion: this.#kerasVersion,
      training: this.#training,
      weights: (names) => this.#weightsOf(layer, names, inputs[0]),
      constant: (key, make) => this.#constantOf(layer, key, make),
      node: (op, inputs, attributes) => graph.node(layer, op, inputs, attributes),
      note: (sentence) => this.notes.add(sentence),
    };
  }

  #weightsOf(
    layer: LayerSpec,
    names: readonly string[],
    input: LayerValue | undefined,
  ): readonly NumericTensor[] {
    const known = this.#read.get(layer);
    if (known) return known;
    const weights = this.#weights.read(layer, names, input && this.graph.shapeOf(input));
    this.parameters += weights.reduce((sum, { data }) => sum + data.length, 0);
    this.#read.set(layer, weights);
    return weights;
  }

  #constantOf(layer: LayerSpec, key: string, make: () => Tensor): string {
    const own = this.#constants.get(layer) ?? new Map<string, string>();
    this.#constants.set(layer, own);
    const known = own.get(key);
    if (known !== undefined) return known;
    const name = this.graph.constant(make(), `${layer.name}/${key}`);
    own.set(key, name);
    return name;
  }
}

function noTensors(layer: LayerSpec) {
  return (): never => {
    throw new ConversionError(`${nameLayer(layer)} uses tensors by name inside a Sequential model.`);
  };
}

interface StatedInput {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

function shapeOrRefuse(
  model: ModelSpec,
  name: string,
  shape: readonly (number | null)[] | undefined,
): StatedInput {
  if (!shape || shape.length < 2)
    throw new ConversionError(
      `The model ${quote(model.name)} was saved without the shape of its input: call it once, or give it an Input layer, before saving.`,
    );
  return { name: name || 'input', shape };
}

/** Inputs of the outermost model, with the shapes that it states. */
function inputLayersOf(model: ModelSpec): StatedInput[] {
  if (model.kind === 'Functional')
    return model.inputs.map(({ ref }) => {
      const layer = model.layers.find(({ name }) => name === ref.layer);
      return shapeOrRefuse(model, ref.layer, layer && statedShape(layer.config));
    });
  const [first] = model.layers;
  if (!first) throw new ConversionError('The model has no layers.');
  const own = statedShape(first.config) ?? model.inputShape;
  if (own || !first.model) return [shapeOrRefuse(model, inputName(first), own)];
  return inputLayersOf(first.model);
}

function inputName(layer: LayerSpec): string {
  return layer.className === 'InputLayer' ? layer.name : `${layer.name}_input`;
}
