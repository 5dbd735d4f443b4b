import type { Shape } from '../graph/graph.js';
import type { NumericTensor } from '../proto/tensor.js';

/** A layer as a source of weights knows it: by its place among the layers of a model. */
export interface WeightOwner {
  readonly className: string;
  readonly name: string;
}

/**
 * Where a model's weights come from. A layer asks for its variables by their names in Keras 3, in the order in which
 * Keras creates them.
 */
export interface WeightSource<Owner extends WeightOwner = WeightOwner> {
  /**
   * The values of a layer's variables, one for each name.
   * @param input shape of the layer's first input as Keras has it, for sources that make values instead of reading them
   * @throws ConversionError naming the layer when one is missing
   */
  read(owner: Owner, variables: readonly string[], input?: Shape): readonly NumericTensor[];
}
