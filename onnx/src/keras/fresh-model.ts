/** A network that has not learned anything yet, from a Keras config. */
import { ConversionError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { sizeOf, type Tensor } from '../proto/tensor.js';
import type { ReadModel } from '../readers/reader.js';
import { isObject, readConfig } from './config.js';
import { InitialWeights } from './initial-weights.js';
import { readKerasModel } from './read-model.js';

/** Whether all numbers are alike, as those of a bias or a normalisation are that has not learned yet. */
function isUniform(tensor: Tensor): boolean {
  const [first] = tensor.data;
  return sizeOf(tensor.dims) > 1 && Array.prototype.every.call(tensor.data, (value) => value === first);
}

/**
 * Gives each layer weights of its own. A graph stores equal constants once, and fresh weights of different layers are equal
 * where they begin as zeros or ones: shared, they would stay equal while they learn.
 */
function unshare(graph: Graph): void {
  const used = new Set<string>();
  for (const node of graph.nodes) {
    node.inputs.forEach((name, index) => {
      const tensor = graph.initializers.get(name);
      if (tensor?.type !== 'float32' || !isUniform(tensor)) return;
      if (!used.has(name)) {
        used.add(name);
        return;
      }
      const own = `${node.name || node.outputs[0]}/${index}`;
      graph.initializers.set(own, { ...tensor, data: tensor.data.slice() });
      node.inputs[index] = own;
    });
  }
}

/**
 * @param config what `model.to_json()` gives, as an object or text; Dropout layers are kept for training
 * @param seed of the weights
 * @throws ConversionError naming the layer that is not known, or whose weights have no known size
 */
export function freshKerasModel(config: unknown, seed: number): ReadModel {
  const parsed = typeof config === 'string' ? parse(config) : config;
  const version = isObject(parsed) ? parsed.keras_version : undefined;
  const read = readKerasModel({
    model: readConfig(parsed),
    weights: new InitialWeights(seed),
    training: true,
    format: 'keras-json',
    kind: 'to_json()',
    kerasVersion: typeof version === 'string' ? version : '3',
  });
  unshare(read.graph);
  return read;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConversionError('The description of the network is not JSON.');
  }
}
