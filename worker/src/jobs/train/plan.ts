/** What is trained: a graph that gives one number per class, the input it takes, and the manifest of what comes out. */
import { readFile } from 'node:fs/promises';
import { lastBlocks } from '@scry/onnx/gradients/model/blocks';
import { embeddingGraph, type NewHead, randomHead, withNewHead } from '@scry/onnx/gradients/model/head';
import { readGraph } from '@scry/onnx/graph/file';
import type { Graph } from '@scry/onnx/graph/graph';
import { freshKerasModel } from '@scry/onnx/keras/fresh-model';
import type { FullSettings } from '@scry/shared/contracts/training';
import { inputSchema, loadModel, type Model } from '@scry/shared/models/model-folders';
import { resolveInput } from '../../inference/engines/input-spec.js';
import { conversionCache } from '../../models/conversion/cache.js';
import { prepareModel } from '../../models/conversion/convert.js';
import { ManifestProblem, oneLine } from '../../models/manifest-problem.js';
import type { TrainingInput } from './images.js';
import { presetNetwork } from './networks.js';
import { TrainingRefused } from './protocol.js';

export interface BasePlan {
  readonly model: Model;
  readonly graph: Graph;
  readonly input: TrainingInput;
}

/** Name, type and sizes of the image that a graph takes; free sizes are null. */
function imageOf(graph: Graph) {
  const [image, ...others] = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  if (!image?.shape || others.length > 0)
    throw new TrainingRefused('The model does not take one image of known size, so it cannot be trained.');
  if (image.type !== 'float32')
    throw new TrainingRefused(`The model takes ${image.type}; only models that take float32 can be trained.`);
  return {
    name: image.name,
    type: image.type,
    dims: image.shape.map((size) => (typeof size === 'number' ? size : null)),
  } as const;
}

/** The ONNX file of a model: its own, or what it is converted to. @throws TrainingRefused when there is none */
async function networkOf(model: Model, dataDir: string): Promise<string> {
  const { model: prepared } = await prepareModel(model, conversionCache(dataDir)).catch((error: unknown) => {
    throw error instanceof ManifestProblem ? new TrainingRefused(`base: ${oneLine(error)}`) : error;
  });
  if (prepared.engine === 'onnx') return prepared.network ?? prepared.file;
  throw new TrainingRefused(
    'base: the model runs on TensorFlow.js, since it cannot be converted to ONNX; take one that can be.',
  );
}

/** Reads the base model of a training. @throws what is wrong with it */
export async function readBase(folder: string, dataDir: string): Promise<BasePlan> {
  const model = await loadModel(folder);
  const graph = readGraph(new Uint8Array(await readFile(await networkOf(model, dataDir))));
  const input = { ...model.input, ...resolveInput(model, imageOf(graph)) };
  return { model, graph, input };
}

/** The base up to its embedding. @throws ConversionError when there is none, as with detectors */
export function embeddingOf({ graph, input, model }: BasePlan): { graph: Graph; size: number } {
  return embeddingGraph(graph, { height: input.height, width: input.width, ...outputOf(model) });
}

function outputOf(model: Model): { output?: string } {
  const name = 'name' in model.output ? model.output.name : undefined;
  return name === undefined ? {} : { output: name };
}

/** The base with new last layers. */
export function withHead(
  { graph, input, model }: BasePlan,
  make: (size: number) => readonly NewHead[],
  dropout = 0,
): Graph {
  const sizes = { height: input.height, width: input.width };
  return withNewHead(graph, make, { ...sizes, ...outputOf(model), dropout });
}

/** What of the base's manifest holds for what is made of it, too. */
export function manifestFrom({ model, input }: BasePlan): object {
  const { width, height, layout } = input;
  return { ...model.input, width, height, layout, type: 'float32' };
}

/** A graph whose weights are learned step by step. */
export interface NetworkPlan {
  readonly graph: Graph;
  readonly trainable: readonly string[];
  readonly input: TrainingInput;
  /** The manifest's `input`. */
  readonly manifestInput: object;
  /** What the first output holds. */
  readonly format: 'probabilities' | 'logits';
}

/** @param head to begin with; null: small random weights */
export function fineTunePlan(
  base: BasePlan,
  settings: FullSettings,
  classes: number,
  head: NewHead | null,
): NetworkPlan {
  const start = (size: number) => [head ?? randomHead(classes, size, settings.seed)];
  const graph = withHead(base, start, settings.dropout);
  return {
    graph,
    trainable: lastBlocks(graph, settings.blocks),
    input: base.input,
    manifestInput: manifestFrom(base),
    format: 'probabilities',
  };
}

function formatOf(graph: Graph): 'probabilities' | 'logits' {
  const output = graph.outputs[0]?.name ?? '';
  const last = graph.nodes.find(({ outputs }) => outputs.includes(output));
  if (last?.op === 'Sigmoid')
    throw new TrainingRefused(
      'network: its last layer must have the activation softmax or none, not sigmoid.',
    );
  return last?.op === 'Softmax' ? 'probabilities' : 'logits';
}

export function scratchPlan(settings: FullSettings, classes: number): NetworkPlan {
  const { network, input_size: side, seed } = settings;
  const config = typeof network === 'string' ? presetNetwork(network, side, classes) : network;
  const { graph } = freshKerasModel(config, seed);
  const [, height, width, channels] = imageOf(graph).dims;
  if (!height || !width || (channels !== 1 && channels !== 3))
    throw new TrainingRefused(
      'network: its input must be [rows, columns, 1 or 3 channels] with sizes that are said.',
    );
  const manifestInput = {
    ...{ width, height, layout: 'nhwc', type: 'float32' },
    ...{
      channels: channels === 1 ? 'gray' : 'rgb',
      resample: 'pillow',
      filter: 'bilinear',
      resize: 'stretch',
    },
  };
  const parsed = inputSchema.parse(manifestInput);
  const { pad } = parsed;
  return {
    graph,
    trainable: lastBlocks(graph, 'all'),
    input: { ...parsed, pad, width, height, layout: 'nhwc', type: 'float32' },
    manifestInput,
    format: formatOf(graph),
  };
}
