import { ConversionError, quote } from '../errors.js';
import { type Call, type LayerSpec, type ModelSpec, refsOfCall, type TensorRef } from './spec.js';

/** One call of a layer, in its place among all calls of a model. */
export interface PlacedCall {
  readonly layer: LayerSpec;
  readonly call: Call;
  readonly node: number;
}

export interface CallOrder {
  readonly calls: readonly PlacedCall[];
  /** Number of the call that a reference means. */
  nodeOf(ref: TensorRef['ref']): number;
}

/**
 * Keras counts a nested model's own making as its call 0 in some versions, so that references to it begin at 1:
 * how much to take off, per layer.
 */
function shifts(model: ModelSpec, layers: ReadonlyMap<string, LayerSpec>): Map<string, number> {
  const highest = new Map<string, number>();
  const refs = [...model.outputs, ...model.layers.flatMap(({ calls }) => calls.flatMap(refsOfCall))];
  for (const { ref } of refs) highest.set(ref.layer, Math.max(ref.node, highest.get(ref.layer) ?? 0));
  return new Map(
    [...highest].map(([name, node]) => {
      const calls = Math.max(layers.get(name)?.calls.length ?? 0, 1);
      return [name, Math.max(0, node - calls + 1)];
    }),
  );
}

function layersByName(model: ModelSpec): Map<string, LayerSpec> {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  if (layers.size < model.layers.length)
    throw new ConversionError('Two layers of the model have the same name.');
  return layers;
}

/** Orders the calls of a Functional model so that each comes after those whose outputs it takes. */
export function orderOfCalls(model: ModelSpec): CallOrder {
  const layers = layersByName(model);
  const shift = shifts(model, layers);
  const nodeOf = ({ layer, node }: TensorRef['ref']) => Math.max(0, node - (shift.get(layer) ?? 0));
  const placed = model.layers.flatMap((layer) => {
    const calls = layer.className === 'InputLayer' ? [{ args: [], kwargs: {} }] : layer.calls;
    return calls.map((call, node) => ({ layer, call, node }));
  });
  const indices = new Map(placed.map(({ layer, node }, index) => [`${node}/${layer.name}`, index]));
  const missing: number[] = [];
  const users = placed.map((): number[] => []);
  for (const [index, { layer, call }] of placed.entries()) {
    const needs = refsOfCall(call).map(({ ref }) => {
      const at = indices.get(`${nodeOf(ref)}/${ref.layer}`);
      if (at === undefined)
        throw new ConversionError(
          `The layer ${quote(layer.name)} takes its input from ${quote(ref.layer)}, which the model does not have.`,
        );
      return at;
    });
    missing.push(needs.length);
    for (const need of needs) users[need]?.push(index);
  }
  return { calls: sorted(placed, missing, users), nodeOf };
}

function sorted<T>(placed: readonly T[], missing: number[], users: readonly number[][]): T[] {
  const ready = placed.flatMap((_, index) => (missing[index] === 0 ? [index] : []));
  // The list grows while it is gone through.
  for (const index of ready)
    for (const user of users[index] as number[]) {
      missing[user] = (missing[user] as number) - 1;
      if (missing[user] === 0) ready.push(user);
    }
  if (ready.length < placed.length)
    throw new ConversionError('The layers of the model take inputs from each other in a circle.');
  return ready.map((index) => placed[index] as T);
}
