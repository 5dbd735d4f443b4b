/** Layers and graph models of TensorFlow.js, read from disk and run alike. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
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
  run(input: tf.Tensor, wanted: readonly string[]): Promise<Outputs>;
  dispose(): void;
}

/** Reads model.json and its weight files. Source: tfjs-core `io`, which does the same for browsers. */
async function readArtifacts(file: string): Promise<tf.io.ModelArtifacts> {
  const json = JSON.parse(await readFile(file, 'utf8')) as tf.io.ModelJSON;
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const names = manifest.flatMap((group) => group.paths);
    const files = await Promise.all(names.map((name) => readFile(path.join(path.dirname(file), name))));
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

function collect(results: readonly tf.Tensor[], wanted: readonly string[]): Outputs {
  return new Map(
    wanted.map((name, index) => {
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

  async run(input: tf.Tensor, wanted: readonly string[]): Promise<Outputs> {
    let outputs: Outputs = new Map();
    tf.tidy(() => {
      const all = asList(this.#model.predict(input) as tf.Tensor | tf.Tensor[]);
      outputs = collect(
        wanted.map((name) => all[this.outputs.indexOf(name)] as tf.Tensor),
        wanted,
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

  async run(input: tf.Tensor, wanted: readonly string[]): Promise<Outputs> {
    if (!this.#async) {
      try {
        return this.#runAtOnce(input, wanted);
      } catch (error) {
        if (!/executeAsync/.test(oneLine(error))) throw error;
        this.#async = true;
      }
    }
    const results = asList(await this.#model.executeAsync(input, [...wanted]));
    try {
      return collect(results, wanted);
    } finally {
      tf.dispose(results);
    }
  }

  dispose(): void {
    this.#model.dispose();
  }

  #runAtOnce(input: tf.Tensor, wanted: readonly string[]): Outputs {
    let outputs: Outputs = new Map();
    tf.tidy(() => {
      outputs = collect(asList(this.#model.execute(input, [...wanted])), wanted);
    });
    return outputs;
  }
}
