/** Configs of recorded models in the dialects of Keras 2 and 3. */
import type { RecordedCall, RecordedLayer, Recording, Tensor } from './recording.js';

export type Dialect = 2 | 3;
type Json = Record<string, unknown>;

/** Keras 3's classes of the operations that Keras 2 names as functions. */
const OPERATIONS: Readonly<Record<string, string>> = {
  '__operators__.add': 'Add',
  'math.multiply': 'Multiply',
  'nn.relu6': 'Relu6',
};

const POLICY = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
};

const kerasTensor = ({ layer, node, value }: Tensor) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, ...value.shape], dtype: 'float32', keras_history: [layer, node, 0] },
});

function inbound({ inputs, extra, kwargs }: RecordedCall, operation: boolean, dialect: Dialect): unknown {
  if (dialect === 2) {
    const other = inputs[1];
    const second = operation && other ? { y: [other.layer, other.node, 0], name: null } : {};
    const nodes = inputs.map(({ layer, node }) => [layer, node, 0, { ...kwargs, ...second }]);
    // An operation is called with its first tensor; the second is a named argument.
    return operation ? nodes[0] : nodes;
  }
  const tensors = inputs.map(kerasTensor);
  if (operation) return { args: [...tensors, ...extra], kwargs: {} };
  return { args: [tensors.length === 1 ? tensors[0] : tensors], kwargs: {} };
}

function layerOf(layer: RecordedLayer, dialect: Dialect, sequential: boolean): Json {
  const { className, config, calls, nested } = layer;
  const operation = className.startsWith('op:');
  const name = className.slice(3);
  const plain = operation ? (dialect === 2 ? 'TFOpLambda' : OPERATIONS[name]) : className;
  const { batch_shape: shape, ...rest } = config;
  const stated = shape ? { [dialect === 2 ? 'batch_input_shape' : 'batch_shape']: shape } : {};
  const own = nested
    ? modelConfig(nested, dialect)
    : {
        ...rest,
        ...stated,
        trainable: true,
        dtype: dialect === 2 ? 'float32' : POLICY,
        ...(operation && dialect === 2 ? { function: name } : {}),
      };
  return {
    ...(dialect === 3 ? { module: 'keras.layers', registered_name: null } : {}),
    class_name: plain,
    config: own,
    ...(sequential
      ? {}
      : { name: config.name, inbound_nodes: calls.map((call) => inbound(call, operation, dialect)) }),
  };
}

function modelConfig(model: Recording, dialect: Dialect): Json {
  const layers = model.layers.map((layer) => layerOf(layer, dialect, model.sequential));
  if (model.sequential) return { name: model.name, layers };
  const ends = (tensors: readonly Tensor[]) => tensors.map(({ layer, node }) => [layer, node, 0]);
  return {
    name: model.name,
    trainable: true,
    layers,
    input_layers: ends(model.inputs),
    output_layers: ends(model.outputs),
  };
}

/** `{ class_name, config }` as a file holds it. */
export function describeModel(model: Recording, dialect: Dialect): Json {
  return {
    class_name: model.sequential ? 'Sequential' : 'Functional',
    config: modelConfig(model, dialect),
    ...(dialect === 3 ? { module: 'keras', registered_name: null } : {}),
  };
}
