import { OPERATION_LAYERS, operationKind } from '../operations/operations.js';
import type { LayerSpec } from '../spec.js';
import { ACTIVATION } from './activation-layers.js';
import { CONVOLUTION } from './convolution.js';
import { DENSE } from './dense.js';
import type { LayerKind } from './layer-kind.js';
import { MERGE } from './merge.js';
import { NORMALIZATION } from './normalization.js';
import { POOLING } from './pooling.js';
import { PREPROCESSING } from './preprocessing.js';
import { RANDOM, SHAPE } from './shape.js';

/** Every class of layers that can be converted. */
const KINDS = new Map<string, LayerKind>(
  Object.entries({
    ...CONVOLUTION,
    ...DENSE,
    ...NORMALIZATION,
    ...ACTIVATION,
    ...POOLING,
    ...MERGE,
    ...SHAPE,
    ...PREPROCESSING,
    ...OPERATION_LAYERS,
  }),
);

/**
 * Some operations share their class's name with a layer: Add and its kin take two arguments where the layer takes a
 * list, and Reshape calls its setting otherwise.
 */
function isOperation({ calls, config }: LayerSpec): boolean {
  return 'newshape' in config || calls.some(({ args, kwargs }) => args.length > 1 || 'x2' in kwargs);
}

/** How a layer is converted; undefined when its class is not known. */
export function kindOf(layer: LayerSpec): LayerKind | undefined {
  const operation = operationKind(layer);
  if (operation && isOperation(layer)) return operation;
  const kind = KINDS.get(layer.className) ?? operation;
  return kind ?? (layer.className.startsWith('Random') ? RANDOM : undefined);
}

/** The variables that a layer itself has, in the order in which Keras makes them; none for an unknown class. */
export function variablesOf(layer: LayerSpec): readonly string[] {
  return kindOf(layer)?.variables?.(layer) ?? [];
}
