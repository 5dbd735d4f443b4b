/** From a config and weights to a graph: what `.keras`, HDF5 and TensorFlow.js layers models have in common. */
import { ConversionError } from '../errors.js';
import type { Dimension, Graph } from '../graph/graph.js';
import type { ReadModel } from '../readers/reader.js';
import type { ConversionReport, ReportedInput, ReportedOutput } from '../readers/report.js';
import type { WeightSource } from '../readers/weights.js';
import type { LayerGraph, LayerValue } from './layer-graph.js';
import { Network } from './network.js';
import type { LayerSpec, ModelSpec } from './spec.js';

export interface KerasSource {
  readonly model: ModelSpec;
  readonly weights: WeightSource<LayerSpec>;
  /** Keeps Dropout layers. */
  readonly training?: boolean;
  /** As the file has it, `3.15.1`; undefined when it has none. */
  readonly kerasVersion?: string;
  readonly format: string;
  /** Kind of file, for people: `.keras`. */
  readonly kind: string;
}

/** Files without a version come from Keras 1 or early 2, which do not differ in what layers compute. */
function majorOf(version: string | undefined): number {
  const major = Number.parseInt(version ?? '', 10);
  return major >= 1 && major <= 9 ? major : 2;
}

function reportInput(name: string, shape: readonly Dimension[], layers: readonly LayerSpec[]): ReportedInput {
  const image = shape.length === 4;
  const first = image && layers.some(({ config }) => config.data_format === 'channels_first');
  const [, a = null, b = null, c = null] = shape;
  const known = (size: Dimension) => (typeof size === 'number' ? size : null);
  const [height, width, channels] = (first ? [b, c, a] : [a, b, c]).map(known) as [
    Dimension,
    Dimension,
    Dimension,
  ];
  const layout = image ? (first ? 'NCHW' : 'NHWC') : 'other';
  return image
    ? { name, shape, layout, height, width, channels }
    : { name, shape, layout, height: null, width: null, channels: null };
}

function addOutput(graph: LayerGraph, value: LayerValue, wish: string): ReportedOutput {
  const plain = graph.plain(value);
  const free = graph.builder.graph.inputs.every(({ name }) => name !== wish);
  const name = graph.builder.output(plain, free ? wish : `${wish}_output`);
  return { name, shape: graph.builder.shape(plain), activation: value.activation ?? 'none' };
}

/** Names of the layers that the outputs come from; a Sequential model's is its last. */
function outputNames(model: ModelSpec, count: number): string[] {
  const named = model.outputs.map(({ ref }) => ref.layer);
  if (model.kind === 'Functional') return named;
  return Array.from({ length: count }, () => model.layers.at(-1)?.name ?? 'output');
}

/** Layers of a model and of the models inside it. */
export function leavesOf(model: ModelSpec): LayerSpec[] {
  return model.layers.flatMap((layer) => (layer.model ? leavesOf(layer.model) : [layer]));
}

/** @throws ConversionError naming the layer that cannot be converted */
export function readKerasModel(source: KerasSource): ReadModel {
  const { model, kerasVersion, format, kind } = source;
  const network = new Network(source.weights, majorOf(kerasVersion), source.training);
  const values = network.add(model);
  if (values.length === 0) throw new ConversionError('The model has no outputs.');
  const names = outputNames(model, values.length);
  const outputs = values.map((value, index) => addOutput(network.graph, value, names[index] ?? 'output'));
  const graph: Graph = network.graph.builder.graph;
  const layers = leavesOf(model);
  const report: ConversionReport = {
    format,
    dialect: `Keras${kerasVersion ? ` ${kerasVersion}` : ''} (${kind})`,
    name: model.name,
    layers: network.layers,
    parameters: network.parameters,
    inputs: graph.inputs.map(({ name, shape = [] }) => reportInput(name, shape, layers)),
    outputs,
    preprocessing: network.preprocessing,
    notes: [...network.notes],
  };
  graph.name = model.name || 'keras';
  return { graph, report };
}
