/** TensorFlow.js as an engine. The backend is started once per thread, with the first model. */
import path from 'node:path';
import type { Model } from '@scry/shared/models/model-folders';
import * as tf from '@tensorflow/tfjs-core';
import { ManifestProblem, oneLine } from '../../models/manifest-problem.js';
import { otherFormat } from '../../models/model-file.js';
import type { Engine, InputDescription, LoadedModel } from './engine.js';
import { type Backend, startBackend } from './tfjs-backend.js';
import { type Network, readNetwork } from './tfjs-network.js';

/** Of this thread: the first model decides, and all of a worker ask for the same. */
let backend: Promise<Backend> | null = null;

function describeInput(model: Model, { inputs }: Network): InputDescription {
  const file = path.basename(model.file);
  const names = inputs.map((input) => input.name).join(', ');
  const input = model.input.name ? inputs.find(({ name }) => name === model.input.name) : inputs[0];
  if (!input)
    throw new ManifestProblem(model, 'input.name', `${file} has no input "${model.input.name}" but ${names}`);
  if (inputs.length > 1) {
    const text = `${file} needs ${inputs.length} inputs (${names}), but only an image can be given; export it with one`;
    throw new ManifestProblem(model, 'file', text);
  }
  const { name, dims, type } = input;
  if (type !== 'float32' && type !== 'int32') {
    const text = `input "${name}" of ${file} is ${type}; export it with float32 or int32`;
    throw new ManifestProblem(model, 'file', text);
  }
  return { name, dims, type: type === 'int32' ? 'uint8' : 'float32' }; // int32 stands for uint8 in TensorFlow.js
}

async function load(model: Model): Promise<Network> {
  const file = path.basename(model.file);
  const other = await otherFormat(model.file, 'tfjs');
  if (other) throw new ManifestProblem(model, 'file', `${file} is ${other}`);
  try {
    return await readNetwork(model);
  } catch (cause) {
    const text = `${file} cannot be loaded (${oneLine(cause)})`;
    throw new ManifestProblem(model, 'file', text);
  }
}

export const engine: Engine = {
  name: 'tfjs',

  async load(model, options): Promise<LoadedModel> {
    backend ??= startBackend(options);
    const { device, runtime } = await backend;
    const network = await load(model);
    try {
      return {
        device,
        runtime,
        input: describeInput(model, network),
        outputs: network.outputs,
        async run(data, dims, outputNames) {
          const input = tf.tensor(data, [...dims], data instanceof Float32Array ? 'float32' : 'int32');
          try {
            return await network.run(input, outputNames);
          } finally {
            input.dispose();
          }
        },
        dispose: async () => network.dispose(),
      };
    } catch (error) {
      network.dispose();
      throw error;
    }
  },

  liveTensors: () => tf.memory().numTensors,
};
