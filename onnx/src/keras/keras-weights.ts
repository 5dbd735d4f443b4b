/**
 * Weights of `.keras` files: groups named after classes, `layers/conv2d_1/vars/0`, in the order of the model's layers.
 * Source: keras/src/saving/saving_lib.py.
 */
import { ConversionError } from '../errors.js';
import type { NumericTensor } from '../proto/tensor.js';
import type { WeightSource } from '../readers/weights.js';
import type { Hdf5File } from './hdf5.js';
import { variablesOf } from './layers/kinds.js';
import { snakeCase } from './operations/operations.js';
import { nameLayer } from './settings.js';
import type { LayerSpec, ModelSpec } from './spec.js';

/** Where a model keeps its layers; the second name is that of Keras 2.13 to 2.15. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies'];

function byClass(layers: readonly LayerSpec[]): Map<string, LayerSpec[]> {
  const classes = new Map<string, LayerSpec[]>();
  for (const layer of layers) {
    const name = snakeCase(layer.className);
    classes.set(name, [...(classes.get(name) ?? []), layer]);
  }
  return classes;
}

function hasWeights(layer: LayerSpec): boolean {
  return layer.model ? layer.model.layers.some(hasWeights) : variablesOf(layer).length > 0;
}

/** `conv2d`, `conv2d_1` …: the groups of one class, in the order of their numbers. */
function groupsOfClass(groups: readonly string[], name: string): string[] {
  const numbered = groups.flatMap((group) => {
    const rest = group.slice(name.length);
    if (!group.startsWith(name) || !/^(_\d+)?$/.test(rest)) return [];
    return [{ group, number: Number(rest.slice(1) || 0) }];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ group }) => group);
}

export class KerasWeights implements WeightSource<LayerSpec> {
  readonly #file: Hdf5File;
  readonly #groups = new Map<LayerSpec, string>();

  constructor(file: Hdf5File, model: ModelSpec) {
    this.#file = file;
    this.#place(model, '');
  }

  #place(model: ModelSpec, root: string): void {
    const container = CONTAINERS.map((name) => `${root}${name}`).find((path) => this.#file.has(path));
    if (container === undefined) return;
    const groups = this.#file.keys(container);
    for (const [name, layers] of byClass(model.layers))
      for (const [layer, group] of this.#assign(container, layers, groupsOfClass(groups, name), name)) {
        this.#groups.set(layer, `${container}/${group}`);
        if (layer.model) this.#place(layer.model, `${container}/${group}/`);
      }
  }

  /** Layers of one class to the groups of that class. */
  #assign(
    container: string,
    layers: readonly LayerSpec[],
    groups: readonly string[],
    name: string,
  ): [LayerSpec, string][] {
    const named = this.#byName(container, layers, groups);
    if (named) return named;
    if (groups.length === layers.length)
      return layers.map((layer, index) => [layer, groups[index] as string]);
    // Files that leave out layers without weights.
    const weighty = layers.filter(hasWeights);
    const filled = groups.filter((group) => this.#isFilled(`${container}/${group}`));
    if (filled.length === weighty.length)
      return weighty.map((layer, index) => [layer, filled[index] as string]);
    return layers.map((layer, index) => [layer, index === 0 ? name : `${name}_${index}`]);
  }

  /** The group of variables says which layer it belongs to, in most files. */
  #byName(
    container: string,
    layers: readonly LayerSpec[],
    groups: readonly string[],
  ): [LayerSpec, string][] | undefined {
    const owners = new Map(
      groups.map((group) => [this.#file.text(`${container}/${group}/vars`, 'name'), group]),
    );
    const found = layers.flatMap((layer): [LayerSpec, string][] => {
      const group = owners.get(layer.name);
      return group === undefined ? [] : [[layer, group]];
    });
    return owners.size === groups.length && found.length >= layers.filter(hasWeights).length
      ? found
      : undefined;
  }

  #isFilled(group: string): boolean {
    if (this.#file.keys(`${group}/vars`).length > 0) return true;
    return CONTAINERS.some((name) => this.#file.has(`${group}/${name}`));
  }

  read(layer: LayerSpec, variables: readonly string[]): readonly NumericTensor[] {
    const group = this.#groups.get(layer);
    return variables.map((variable, index) => {
      const path = `${group}/vars/${index}`;
      if (group === undefined || !this.#file.has(path))
        throw new ConversionError(`${nameLayer(layer)} has no weight "${variable}" in the file.`);
      return this.#file.tensor(path);
    });
  }
}
