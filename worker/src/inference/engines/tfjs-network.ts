/** Layers and graph models of TensorFlow.js, read from disk and run alike. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { weightFiles } from '@scry/onnx/tfjs/model-json';
import type { Model } from '@scry/shared/models/model-folders';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { oneLine } from '../../models/manifest-problem.js';
import type { Outputs, TensorData } from './engine.js';

export interface NetworkInput {
  readonly name: string;
  readonly dims: readonly (number | null)[];
  readonly type: string;
}

export interface Network {
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly string[];
  /** @param input disposed by the caller */
  run(input: tf.Tensor, outputNames: readonly string[]): Promise<Outputs>;
  dispose(): void;
}

const STORED_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  complex64: 8,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** Bytes that weights take as they are stored; null where texts are among them, whose lengths stand beside them. */
function storedBytes(specs: readonly tf.io.WeightsManifestEntry[]): number | null {
  let sum = 0;
  for (const { shape, dtype, quantization } of specs) {
    const each = STORED_BYTES[quantization?.dtype ?? dtype];
    if (each === undefined) return null;
    sum += shape.reduce((product, size) => product * size, 1) * each;
  }
  return sum;
}

async function readWeights(folder: string, name: string): Promise<Buffer> {
  const bytes = await readFile(path.join(folder, name)).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`its weights are in "${name}", which is missing: put it beside the model`, { cause });
  });
  if (bytes.subarray(0, 40).includes('git-lfs'))
    throw new Error(
      `"${name}" is a pointer of Git LFS, not the weights; run "git lfs pull" where it was cloned`,
    );
  return bytes;
}

function parse(text: string): tf.io.ModelJSON {
  try {
    return JSON.parse(text) as tf.io.ModelJSON;
  } catch (cause) {
    throw new Error('it is no JSON, or it is cut short: copy or download it again', { cause });
  }
}

interface GraphTopology {
  readonly node?: { op: string; readonly name: string; readonly input?: readonly string[] }[];
}

/** Inputs that have a default (a switch between training and predicting, mostly) are not asked for: they become the default. */
function takeDefaults(json: tf.io.ModelJSON): void {
  const { node: nodes = [] } = json.modelTopology as GraphTopology;
  const inputs = (json.signature as Signature | undefined)?.inputs as
    | Record<string, { name: string }>
    | undefined;
  for (const node of nodes) {
    if (node.op !== 'PlaceholderWithDefault') continue;
    node.op = 'Identity';
    for (const [key, { name }] of Object.entries(inputs ?? {}))
      if (name.split(':')[0] === node.name) delete inputs?.[key];
  }
}

/** Reads model.json and its weight files. Source: tfjs-core `io`, which does the same for browsers. */
async function readArtifacts(file: string): Promise<tf.io.ModelArtifacts> {
  const bytes = await readFile(file);
  const json = parse(bytes.toString('utf8'));
  weightFiles(bytes); // refuses paths that lead out of the folder
  if (json.format === 'graph-model') takeDefaults(json);
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const names = manifest.flatMap((group) => group.paths);
    const files = await Promise.all(names.map((name) => readWeights(path.dirname(file), name)));
    const expected = storedBytes(specs);
    const found = files.reduce((sum, { length }) => sum + length, 0);
    if (expected !== null && found < expected)
      throw new Error(`its weight files hold ${found} of ${expected} bytes: copy or download them again`);
    const buffers = files.map((bytes) => new Uint8Array(bytes).buffer);
    return [specs, tf.io.CompositeArrayBuffer.join(buffers)];
  });
}

/**
 * Reads a model's network, of whichever kind.
 * @throws what the file system or TensorFlow.js says
 */
export async function readNetwork(model: Model): Promise<Network> {
  const artifacts = await readArtifacts(model.file);
  const source: tf.io.IOHandler = { load: async () => artifacts };
  if (artifacts.format === 'graph-model') {
    const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
    return new GraphNetwork(await loadGraphModel(source));
  }
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  return new LayersNetwork(await loadLayersModel(source));
}

const known = (shape: readonly (number | null)[] | undefined) =>
  (shape ?? []).map((size) => (typeof size === 'number' && size > 0 ? size : null));

const asList = (result: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(result) ? result : [result]);

function collect(results: readonly tf.Tensor[], outputNames: readonly string[]): Outputs {
  return new Map(
    outputNames.map((name, index) => {
      const tensor = results[index] as tf.Tensor;
      return [name, { dims: tensor.shape, data: tensor.dataSync() as TensorData }];
    }),
  );
}

class LayersNetwork implements Network {
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly string[];
  readonly #model: LayersModel;

  constructor(model: LayersModel) {
    this.#model = model;
    this.inputs = model.inputs.map(({ name, shape, dtype }) => ({ name, dims: known(shape), type: dtype }));
    // Names of layers: those of their tensors get a number that depends on what was loaded before.
    // A sequential model lists no output layers: its output is that of the last layer.
    const layers = model.outputLayers.length > 0 ? model.outputLayers : model.layers.slice(-1);
    this.outputs = layers.map(({ name }) => name);
  }

  async run(input: tf.Tensor, outputNames: readonly string[]): Promise<Outputs> {
    let outputs: Outputs = new Map();
    tf.tidy(() => {
      const all = asList(this.#model.predict(input) as tf.Tensor | tf.Tensor[]);
      outputs = collect(
        outputNames.map((name) => all[this.outputs.indexOf(name)] as tf.Tensor),
        outputNames,
      );
    });
    return outputs;
  }

  dispose(): void {
    this.#model.dispose();
  }
}

/** Names of a saved model's signature; nodes have others, such as "Identity_1:0". */
interface Signature {
  readonly inputs?: Readonly<Record<string, { readonly name: string }>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

class GraphNetwork implements Network {
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly string[];
  readonly #model: GraphModel;
  /** Graphs with loops or suppression inside can only run asynchronously; the first run tells. */
  #async = false;

  constructor(model: GraphModel) {
    this.#model = model;
    const signature = model.modelSignature as Signature | undefined;
    const keys = Object.entries(signature?.inputs ?? {});
    this.inputs = model.inputs.map(({ name, shape, dtype }) => ({
      name: keys.find(([, node]) => node.name.split(':')[0] === name.split(':')[0])?.[0] ?? name,
      dims: known(shape),
      type: dtype,
    }));
    const outputs = Object.keys(signature?.outputs ?? {});
    this.outputs = outputs.length > 0 ? outputs : model.outputs.map(({ name }) => name);
  }

  async run(input: tf.Tensor, outputNames: readonly string[]): Promise<Outputs> {
    if (!this.#async) {
      try {
        return this.#runAtOnce(input, outputNames);
      } catch (error) {
        if (!/executeAsync/.test(oneLine(error))) throw error;
        this.#async = true;
      }
    }
    const results = asList(await this.#model.executeAsync(input, [...outputNames]));
    try {
      return collect(results, outputNames);
    } finally {
      tf.dispose(results);
    }
  }

  dispose(): void {
    this.#model.dispose();
  }

  #runAtOnce(input: tf.Tensor, outputNames: readonly string[]): Outputs {
    let outputs: Outputs = new Map();
    tf.tidy(() => {
      outputs = collect(asList(this.#model.execute(input, [...outputNames])), outputNames);
    });
    return outputs;
  }
}
