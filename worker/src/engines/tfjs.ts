/**
 * TensorFlow.js: layers and graph models from disk. Runs on @tensorflow/tfjs-node (or -gpu) where it is installed,
 * else on WebAssembly with SIMD, one thread per inference thread.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import type { Model } from '@scry/shared/manifest';
import type * as converter from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { ManifestProblem, oneLine } from '../manifest-problem.js';
import type {
  Device,
  Engine,
  InputDescription,
  LoadedModel,
  LoadOptions,
  Tensor,
  TensorData,
} from './engine.js';

type Network = tf.InferenceModel & {
  /** Of layers models only. Their tensors' names get a number that depends on what was loaded before; these do not. */
  readonly outputLayers?: readonly { readonly name: string }[];
};

interface Backend {
  readonly device: Device;
  readonly runtime: string;
}

/** One backend serves a whole thread: the first model that loads decides, and all of a worker ask for the same. */
let backend: Promise<Backend> | null = null;

/** tfjs-node 4.22 calls a function that Node 23 removed. */
function restoreIsNullOrUndefined(): void {
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

async function native(name: string, device: Device): Promise<Backend> {
  restoreIsNullOrUndefined();
  const module = (await import(name)) as { version?: Record<string, string> };
  if (!tf.findBackend('tensorflow') || !(await tf.setBackend('tensorflow')))
    throw new Error(`${name} brings another version of @tensorflow/tfjs-core; install ${tf.version_core}`);
  return {
    device,
    runtime: `${name.replace('@tensorflow/', '')} ${module.version?.['tfjs-node'] ?? ''} ${device}`,
  };
}

async function wasm(): Promise<Backend> {
  const module = await import('@tensorflow/tfjs-backend-wasm');
  const file = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  module.setWasmPaths(`${path.dirname(file)}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend could not start');
  return { device: 'cpu', runtime: `tfjs ${tf.version_core} wasm` };
}

type Attempt = readonly [name: string, start: () => Promise<Backend>];
const GPU: Attempt = ['cuda', () => native('@tensorflow/tfjs-node-gpu', 'cuda')];
const CPU: readonly Attempt[] = [
  ['tfjs-node', () => native('@tensorflow/tfjs-node', 'cpu')],
  ['wasm', wasm],
];
const ATTEMPTS: Readonly<Record<LoadOptions['device'], readonly Attempt[]>> = {
  auto: [GPU, ...CPU],
  cpu: CPU,
  cuda: [GPU],
  webgpu: [],
};

async function startBackend({ device, onFallback }: LoadOptions): Promise<Backend> {
  const reasons: string[] = [];
  for (const [name, start] of ATTEMPTS[device]) {
    try {
      return await start();
    } catch (error) {
      reasons.push(`${name}: ${absence(error)}`);
      onFallback(`TensorFlow.js does not run on ${name}: ${absence(error)}`);
    }
  }
  throw new Error(reasons.length > 0 ? reasons.join('; ') : `TensorFlow.js does not run on ${device} here`);
}

/** A package that is not there is no fault, and a stack of requires says less than this. */
function absence(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' ? 'not installed' : oneLine(error);
}

/** Reads model.json and its weight files. Source: tfjs-core `io`, which does the same for browsers. */
async function readArtifacts(model: Model): Promise<tf.io.ModelArtifacts> {
  const json = JSON.parse(await readFile(model.file, 'utf8')) as tf.io.ModelJSON;
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const names = manifest.flatMap((group) => group.paths);
    const files = await Promise.all(names.map((name) => readFile(path.join(path.dirname(model.file), name))));
    const buffers = files.map((file) => new Uint8Array(file).buffer);
    return [specs, tf.io.CompositeArrayBuffer.join(buffers)];
  });
}

async function readNetwork(model: Model): Promise<Network> {
  const artifacts = await readArtifacts(model);
  const source: tf.io.IOHandler = { load: async () => artifacts };
  if (artifacts.format === 'graph-model') {
    const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
    return loadGraphModel(source);
  }
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  return (await loadLayersModel(source)) as unknown as Network;
}

function describeInput(model: Model, network: Network): InputDescription {
  const file = path.basename(model.file);
  const names = network.inputs.map((input) => input.name);
  const name = model.input.name ?? names[0];
  const input = network.inputs.find((found) => found.name === name);
  if (!name || !input)
    throw new ManifestProblem(model, 'input.name', `${file} has no input "${name}" but ${names.join(', ')}`);
  if (names.length > 1) {
    const text = `${file} wants ${names.length} inputs (${names.join(', ')}), but only a picture can be given; export it with one`;
    throw new ManifestProblem(model, 'file', text);
  }
  if (input.dtype !== 'float32' && input.dtype !== 'int32')
    throw new ManifestProblem(
      model,
      'file',
      `input "${name}" of ${file} is ${input.dtype}; use float32 or int32`,
    );
  const dims = (input.shape ?? []).map((size) => (typeof size === 'number' && size > 0 ? size : null));
  // int32 is TensorFlow.js' stand-in for uint8.
  return { name, dims, type: input.dtype === 'int32' ? 'uint8' : 'float32' };
}

const asList = (result: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap): tf.Tensor[] =>
  result instanceof tf.Tensor ? [result] : Object.values(result);

const read = (tensor: tf.Tensor): Tensor => ({ dims: tensor.shape, data: tensor.dataSync() as TensorData });

/** Graph models with loops or suppression inside can only run asynchronously; the first run tells. */
class Runner {
  readonly #network: Network;
  readonly #outputs: readonly string[];
  #async = false;

  constructor(network: Network, outputs: readonly string[]) {
    this.#network = network;
    this.#outputs = outputs;
  }

  async run(input: Float32Array | Uint8Array, dims: readonly number[], wanted: readonly string[]) {
    const type = input instanceof Uint8Array ? 'int32' : 'float32';
    const make = () => tf.tensor(input, [...dims], type);
    if (!this.#async) {
      try {
        let read = new Map<string, Tensor>();
        tf.tidy(() => {
          read = this.#collect(asList(this.#execute(make(), wanted)), wanted);
        });
        return read;
      } catch (error) {
        if (!/executeAsync/.test(oneLine(error))) throw error;
        this.#async = true;
      }
    }
    const tensor = make();
    const results = asList(await (this.#network as converter.GraphModel).executeAsync(tensor, [...wanted]));
    try {
      return this.#collect(results, wanted);
    } finally {
      tf.dispose([tensor, ...results]);
    }
  }

  #execute(tensor: tf.Tensor, wanted: readonly string[]) {
    if ('execute' in this.#network && !('layers' in this.#network))
      return this.#network.execute(tensor, [...wanted]);
    const all = asList(this.#network.predict(tensor, {}));
    return wanted.map((name) => all[this.#outputs.indexOf(name)] as tf.Tensor);
  }

  #collect(results: tf.Tensor[], wanted: readonly string[]): Map<string, Tensor> {
    return new Map(wanted.map((name, index) => [name, read(results[index] as tf.Tensor)]));
  }
}

export const engine: Engine = {
  name: 'tfjs',

  async load(model, options): Promise<LoadedModel> {
    backend ??= startBackend(options);
    const { device, runtime } = await backend;
    const network = await readNetwork(model).catch((cause: unknown) => {
      const text = `${path.basename(model.file)} cannot be loaded (${oneLine(cause)})`;
      throw new ManifestProblem(model, 'file', text);
    });
    const outputs = network.outputs.map(({ name }, index) => network.outputLayers?.[index]?.name ?? name);
    const runner = new Runner(network, outputs);
    return {
      device,
      runtime,
      input: describeInput(model, network),
      outputs,
      run: (input, dims, wanted) => runner.run(input, dims, wanted),
      dispose: async () => {
        (network as unknown as { dispose(): void }).dispose();
      },
    };
  },

  liveTensors: () => tf.memory().numTensors,
};
