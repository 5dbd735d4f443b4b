/** A network that has not learned anything yet, from a Keras config. */
import { ConversionError } from '../errors.js';
import type { ReadModel } from '../readers/reader.js';
import { isObject, readConfig } from './config.js';
import { InitialWeights } from './initial-weights.js';
import { readKerasModel } from './read-model.js';

/**
 * @param config what `model.to_json()` gives, as an object or text; Dropout layers are kept for training
 * @param seed of the weights
 * @throws ConversionError naming the layer that is not known, or whose weights have no known size
 */
export function freshKerasModel(config: unknown, seed: number): ReadModel {
  const parsed = typeof config === 'string' ? parse(config) : config;
  const version = isObject(parsed) ? parsed.keras_version : undefined;
  return readKerasModel({
    model: readConfig(parsed),
    weights: new InitialWeights(seed),
    training: true,
    format: 'keras-json',
    kind: 'to_json()',
    kerasVersion: typeof version === 'string' ? version : '3',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConversionError('The description of the network is not JSON.');
  }
}
