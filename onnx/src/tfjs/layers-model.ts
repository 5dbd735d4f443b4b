/** TensorFlow.js layers models: Keras' own config, and weights by name. Source: tfjs-layers src/models.ts. */
import { ConversionError } from '../errors.js';
import { readConfig } from '../keras/config.js';
import { variablesOf } from '../keras/layers/kinds.js';
import { readKerasModel } from '../keras/read-model.js';
import { nameLayer } from '../keras/settings.js';
import type { LayerSpec, ModelSpec } from '../keras/spec.js';
import { WeightNames } from '../keras/weight-names.js';
import { isNumeric, type NumericTensor, type Tensor } from '../proto/tensor.js';
import type { ModelFiles, ReadModel } from '../readers/reader.js';
import type { WeightSource } from '../readers/weights.js';
import { isObject, type ModelJson } from './model-json.js';
import { readWeights } from './weights.js';

/** A layer inside a model, with the names of the models around it. */
interface Placed {
  readonly layer: LayerSpec;
  readonly path: string;
}

function placed(model: ModelSpec, path = ''): Placed[] {
  return model.layers.flatMap((layer) => {
    const own = path === '' ? layer.name : `${path}/${layer.name}`;
    return layer.model ? placed(layer.model, own) : [{ layer, path: own }];
  });
}

/** Finds weights by the names of their layers; by order where names do not tell and every weight has its place. */
class NamedWeights implements WeightSource<LayerSpec> {
  readonly #weights: ReadonlyMap<string, Tensor>;
  readonly #names: WeightNames;
  readonly #paths: ReadonlyMap<LayerSpec, string>;
  readonly #inOrder: readonly string[];

  constructor(weights: ReadonlyMap<string, Tensor>, model: ModelSpec) {
    this.#weights = weights;
    this.#names = new WeightNames([...weights.keys()]);
    const layers = placed(model);
    this.#paths = new Map(layers.map(({ layer, path }) => [layer, path]));
    this.#inOrder = layers.flatMap(({ layer, path }) =>
      variablesOf(layer).map((variable) => `${path}/${variable}`),
    );
  }

  read(layer: LayerSpec, variables: readonly string[]): readonly NumericTensor[] {
    return variables.map((variable) => {
      const name = this.#nameOf(layer, variable);
      const found = name === undefined ? undefined : this.#weights.get(name);
      if (!found || !isNumeric(found.type))
        throw new ConversionError(`${nameLayer(layer)} has no weight "${variable}" in the weights files.`);
      return found as NumericTensor;
    });
  }

  #nameOf(layer: LayerSpec, variable: string): string | undefined {
    const path = `${this.#paths.get(layer) ?? layer.name}/${variable}`;
    if (this.#weights.has(path)) return path;
    const matched = this.#names.find(layer, variable, false);
    if (matched !== undefined || this.#names.all.length !== this.#inOrder.length) return matched;
    return this.#names.all[this.#inOrder.indexOf(path)];
  }
}

function configOf({ topology }: ModelJson): unknown {
  const config = topology.model_config ?? topology;
  if (typeof config !== 'string') return config;
  try {
    return JSON.parse(config);
  } catch {
    throw new ConversionError('The model_config of model.json is not JSON: the file is damaged.');
  }
}

/** @throws ConversionError naming the layer that cannot be converted */
export function readLayersModel(json: ModelJson, files: ModelFiles): ReadModel {
  const model = readConfig(configOf(json));
  const version = isObject(json.topology) ? json.topology.keras_version : undefined;
  return readKerasModel({
    model,
    weights: new NamedWeights(readWeights(json, files), model),
    format: 'tfjs-layers',
    kind: 'TensorFlow.js layers model',
    ...(typeof version === 'string' && /^\d/.test(version) ? { kerasVersion: version } : {}),
  });
}
