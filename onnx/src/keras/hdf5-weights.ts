/**
 * Weights of `.h5` files: a group for each layer of the outermost model, which holds all weights of a nested model.
 * Source: keras/src/legacy/saving/legacy_h5_format.py.
 */
import { ConversionError } from '../errors.js';
import { permute } from '../proto/permute.js';
import type { NumericTensor } from '../proto/tensor.js';
import type { WeightSource } from '../readers/weights.js';
import type { Hdf5File } from './hdf5.js';
import { variablesOf } from './layers/kinds.js';
import { nameLayer } from './settings.js';
import type { LayerSpec, ModelSpec } from './spec.js';
import { WeightNames } from './weight-names.js';

/** Variables that are never trained. */
const FIXED = new Set(['moving_mean', 'moving_variance', 'mean', 'variance', 'count']);

interface Wanted {
  readonly layer: LayerSpec;
  readonly variable: string;
  readonly trainable: boolean;
}

/** All variables of a layer or of the layers inside it, in the order of the model. */
function wantedOf(layer: LayerSpec, frozen = false): Wanted[] {
  const fixed = frozen || !layer.trainable;
  if (layer.model) return layer.model.layers.flatMap((inner) => wantedOf(inner, fixed));
  return variablesOf(layer).map((variable) => ({
    layer,
    variable,
    trainable: !fixed && !FIXED.has(variable),
  }));
}

export class Hdf5Weights implements WeightSource<LayerSpec> {
  readonly #file: Hdf5File;
  /** Path of each variable's data set. */
  readonly #paths = new Map<LayerSpec, Map<string, string>>();
  readonly #flip: boolean;

  /**
   * @param root path of the group with the layers' groups
   * @throws ConversionError when a layer with weights has no group
   */
  constructor(file: Hdf5File, root: string, model: ModelSpec) {
    this.#file = file;
    // Theano turns kernels around; Keras turns them back when another library reads them.
    this.#flip = (file.text(root, 'backend') ?? file.text('', 'backend')) === 'theano';
    for (const layer of model.layers) this.#place(layer, `${root}${root ? '/' : ''}${layer.name}`);
  }

  #place(layer: LayerSpec, group: string): void {
    const wanted = wantedOf(layer);
    if (wanted.length === 0) return;
    const stored = this.#file.texts(group, 'weight_names');
    if (!stored) return;
    const names = new WeightNames(stored);
    const inOrder = [
      ...wanted.filter(({ trainable }) => trainable),
      ...wanted.filter(({ trainable }) => !trainable),
    ];
    // The order tells only where every weight has its place.
    const ordered = stored.length === inOrder.length ? stored : [];
    for (const [index, { layer: owner, variable }] of inOrder.entries()) {
      const name = names.find(owner, variable, layer.model === undefined) ?? ordered[index];
      if (name === undefined) continue;
      const own = this.#paths.get(owner) ?? new Map<string, string>();
      own.set(variable, `${group}/${name}`);
      this.#paths.set(owner, own);
    }
  }

  read(layer: LayerSpec, variables: readonly string[]): readonly NumericTensor[] {
    const paths = this.#paths.get(layer);
    return variables.map((variable) => {
      const path = paths?.get(variable);
      if (path === undefined)
        throw new ConversionError(`${nameLayer(layer)} has no weight "${variable}" in the file.`);
      const weight = this.#file.tensor(path);
      return this.#flip && weight.dims.length === 4 ? turned(weight) : weight;
    });
  }
}

/** A kernel (rows, columns, in, out) turned by half a circle. */
function turned(kernel: NumericTensor): NumericTensor {
  const inner = permute(kernel, [2, 3, 0, 1]);
  const [rows = 1, columns = 1] = kernel.dims;
  const area = rows * columns;
  const data = inner.data as Float32Array;
  for (let from = 0; from < data.length; from += area) data.subarray(from, from + area).reverse();
  return permute(inner, [2, 3, 0, 1]);
}
