import type { LayerSpec } from './spec.js';

/** Other names that versions of Keras gave a variable, the newest first. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  kernel: ['kernel', 'W', 'weights'],
  bias: ['bias', 'b', 'biases'],
  depthwise_kernel: ['depthwise_kernel', 'kernel', 'W'],
  pointwise_kernel: ['pointwise_kernel'],
  moving_mean: ['moving_mean', 'running_mean'],
  moving_variance: ['moving_variance', 'running_std', 'running_var'],
  alpha: ['alpha', 'alphas'],
};

/** `block/conv1/kernel:0` parted into the layer's name and the variable's. */
function parted(name: string): { readonly owner: string; readonly variable: string } {
  const plain = name.replace(/:\d+$/, '');
  const at = plain.lastIndexOf('/');
  return { owner: plain.slice(0, Math.max(at, 0)), variable: plain.slice(at + 1) };
}

function isOwner(owner: string, layer: string, alone: boolean): boolean {
  return alone || owner === layer || owner.endsWith(`/${layer}`);
}

/** Keras 1 joins both names: `convolution2d_1_W`. */
function joined(layer: LayerSpec, variable: string): readonly string[] {
  return (SYNONYMS[variable] ?? [variable]).map((word) => `${layer.name}_${word}`);
}

/**
 * The stored name of a layer's variable, among the names of a group.
 * @param alone whether the group holds this layer only, so that the layer's name needs no match
 * @returns undefined unless exactly one name matches
 */
export function matchByName(
  names: readonly string[],
  layer: LayerSpec,
  variable: string,
  alone: boolean,
): string | undefined {
  const words = SYNONYMS[variable] ?? [variable];
  for (const word of words) {
    const fits = (exact: boolean) =>
      names.filter((name) => {
        const { owner, variable: own } = parted(name);
        return own === word && (exact ? owner === layer.name : isOwner(owner, layer.name, alone));
      });
    const [exact, near] = [fits(true), fits(false)];
    if (exact.length === 1) return exact[0];
    if (near.length === 1) return near[0];
  }
  const old = joined(layer, variable);
  const matching = names.filter((name) => old.includes(parted(name).variable));
  return matching.length === 1 ? matching[0] : undefined;
}
