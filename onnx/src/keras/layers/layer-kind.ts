import type { Dimension } from '../../graph/graph.js';
import type { NumericTensor, Tensor } from '../../proto/tensor.js';
import type { LayerGraph, LayerValue } from '../layer-graph.js';
import type { Settings } from '../settings.js';
import type { Call, LayerSpec, TensorRef } from '../spec.js';

/** What a layer has at hand while it is added to the graph. */
export interface LayerContext {
  readonly layer: LayerSpec;
  readonly settings: Settings;
  readonly graph: LayerGraph;
  /** Version of Keras that wrote the file: 1, 2 or 3. */
  readonly kerasVersion: number;
  /** The graph is to be trained: Dropout stays in it. */
  readonly training: boolean;
  /** The call being added; a layer of a Sequential model has an empty one. */
  readonly call: Call;
  valueOf(ref: TensorRef): LayerValue;
  /** The layer's variables, read once. @throws ConversionError when one is missing */
  weights(names: readonly string[]): readonly NumericTensor[];
  /** A constant of the layer, made once however often the layer is called. @returns its name in the graph */
  constant(key: string, make: () => Tensor): string;
  /** Adds a node named after the layer. @returns its output */
  node(op: string, inputs: readonly string[], attributes?: Parameters<LayerGraph['node']>[3]): string;
  /** Says something about the conversion that its user may want to know. */
  note(sentence: string): void;
}

/** How layers of one class are converted. */
export interface LayerKind {
  /** Names of the layer's variables in the order in which Keras makes them. */
  variables?(layer: LayerSpec): readonly string[];
  /** @throws ConversionError naming the layer, for settings that cannot be converted */
  build(context: LayerContext, inputs: readonly LayerValue[]): LayerValue;
}

/** The only input of a layer. */
export function only(context: LayerContext, inputs: readonly LayerValue[]): LayerValue {
  const [value] = inputs;
  if (!value || inputs.length > 1) context.settings.refuse(`has ${inputs.length} inputs where it takes one`);
  return value;
}

/** A value of which only names or order changed: what is known of it stays. */
export function moved(value: LayerValue, name: string, channelsFirst = false): LayerValue {
  return { ...value, name, channelsFirst };
}

/** An image as ONNX wants it: batch, channels, rows, columns. */
export interface ImageInput {
  readonly name: string;
  readonly channels: Dimension;
  readonly height: Dimension;
  readonly width: Dimension;
  /** Marks a value of the same layout as the layer's output. */
  wrap(name: string): LayerValue;
}

/** @throws ConversionError when the value is not an image */
export function imageInput(context: LayerContext, value: LayerValue): ImageInput {
  const { graph, settings } = context;
  if (graph.rankOf(value) !== 4)
    settings.refuse(`takes an image, but its input has ${graph.rankOf(value)} dimensions`);
  const { channelsFirst } = settings;
  const name = channelsFirst ? graph.plain(value) : graph.first(value);
  const [, channels = null, height = null, width = null] = graph.builder.shape(name);
  return {
    name,
    channels,
    height,
    width,
    wrap: (output) => ({ name: output, channelsFirst: !channelsFirst }),
  };
}

/** An image layer that only moves pixels: what is known of the value stays. */
export function movedImage(context: LayerContext, value: LayerValue, name: string): LayerValue {
  return moved(value, name, !context.settings.channelsFirst);
}

/** The values of one variable as float32, checked against the shape that the layer's settings give it. */
export function checkShape(
  context: LayerContext,
  name: string,
  weight: NumericTensor,
  expected: readonly Dimension[],
): void {
  const fits =
    weight.dims.length === expected.length &&
    expected.every((size, axis) => size === null || typeof size === 'string' || size === weight.dims[axis]);
  if (!fits)
    context.settings.refuse(
      `has a ${name} of shape [${weight.dims}] where its settings ask for [${expected.map((size) => size ?? '?')}]`,
    );
}
