import type { LayerSpec } from './spec.js';

/** Other names that versions of Keras gave a variable, the newest first. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  kernel: ['kernel', 'W', 'weights'],
  bias: ['bias', 'b', 'biases'],
  depthwise_kernel: ['depthwise_kernel', 'kernel', 'W'],
  moving_mean: ['moving_mean', 'running_mean'],
  moving_variance: ['moving_variance', 'running_std', 'running_var'],
  alpha: ['alpha', 'alphas'],
};

interface Parted {
  readonly name: string;
  readonly owner: string;
}

/** `block/conv1/kernel:0` parted into the layer's name and the variable's. */
function parted(name: string): { readonly owner: string; readonly variable: string } {
  const plain = name.replace(/:\d+$/, '');
  const at = plain.lastIndexOf('/');
  return { owner: plain.slice(0, Math.max(at, 0)), variable: plain.slice(at + 1) };
}

const single = (found: readonly Parted[]) => (found.length === 1 ? found[0]?.name : undefined);

/** The stored names of a group's weights, by the variables that they name. */
export class WeightNames {
  readonly all: readonly string[];
  readonly #byVariable = new Map<string, Parted[]>();

  constructor(names: readonly string[]) {
    this.all = names;
    for (const name of names) {
      const { owner, variable } = parted(name);
      const known = this.#byVariable.get(variable);
      if (known) known.push({ name, owner });
      else this.#byVariable.set(variable, [{ name, owner }]);
    }
  }

  /**
   * The stored name of a layer's variable.
   * @param alone whether the group holds this layer only, so that the layer's name needs no match
   * @returns undefined unless exactly one name matches
   */
  find(layer: LayerSpec, variable: string, alone: boolean): string | undefined {
    const words = SYNONYMS[variable] ?? [variable];
    for (const word of words) {
      const named = this.#byVariable.get(word) ?? [];
      const exact = single(named.filter(({ owner }) => owner === layer.name));
      const near = () =>
        single(alone ? named : named.filter(({ owner }) => owner.endsWith(`/${layer.name}`)));
      const found = exact ?? near();
      if (found !== undefined) return found;
    }
    // Keras 1 joins both names: `convolution2d_1_W`.
    return single(words.flatMap((word) => this.#byVariable.get(`${layer.name}_${word}`) ?? []));
  }
}
