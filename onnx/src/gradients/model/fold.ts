import { ConversionError, quote } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { NumericTensor } from '../../proto/tensor.js';
import { copyOf } from '../prepare/upgrade.js';

/**
 * A model with learned weights in place of its own, ready to be written as a file for inference. Dropout is left out.
 * @param tensors by the names of the model's initializers, as `Trainer.tensors` gives them
 * @throws ConversionError when a name or shape is not the model's
 */
export function withWeights(
  original: Graph,
  tensors: ReadonlyMap<string, NumericTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Graph {
  const graph = copyOf(original);
  for (const [name, tensor] of tensors) {
    const old = graph.initializers.get(name);
    if (!old || old.dims.join() !== tensor.dims.join())
      throw new ConversionError(`The model has no weight ${quote(name)} of shape [${tensor.dims}].`);
    graph.initializers.set(name, tensor);
  }
  for (const [key, value] of Object.entries(metadata)) graph.metadata.set(key, value);
  for (const node of graph.nodes) {
    if (node.op !== 'Dropout' || node.domain !== '') continue;
    node.op = 'Identity';
    node.attributes = {};
    node.inputs.length = 1;
    node.outputs.length = 1;
  }
  return graph;
}
