/**
 * Operations that stand in a model like layers: `tf.nn.relu6(x)` or `x * (1 / 6)` in Keras 2 (TFOpLambda, and
 * TensorFlowOpLayer before 2.4), and the operations of Keras 3, whose classes are named after them.
 */
import { quote } from '../../errors.js';
import { isObject } from '../config.js';
import type { LayerValue } from '../layer-graph.js';
import type { LayerContext, LayerKind } from '../layers/layer-kind.js';
import { addScaled } from '../layers/merge.js';
import type { Argument, LayerSpec } from '../spec.js';
import { OperationArguments } from './arguments.js';
import { ARITHMETIC, type Operation } from './arithmetic.js';
import { REARRANGE } from './rearrange.js';

const OPERATIONS = new Map<string, Operation>(Object.entries({ ...REARRANGE, ...ARITHMETIC }));

/** `math.multiply`, `__operators__.add`, `tf.nn.relu6`: the last part names the operation. */
function lastPart(name: string): string {
  return name.replace(/^.*\./, '').toLowerCase();
}

function apply(name: string, context: LayerContext, inputs: readonly LayerValue[]): LayerValue {
  const operation = OPERATIONS.get(lastPart(name));
  if (!operation)
    return context.settings.refuse(`is the operation ${quote(name)}, which cannot be converted`);
  return operation(new OperationArguments(context, inputs));
}

/** Keras 2.4 to 2.15: `config.function` names a function of TensorFlow. */
const functionLayer: LayerKind = {
  build: (context, inputs) => apply(context.settings.text('function', ''), context, inputs),
};

/** `{ "name": "…", "op": "AddV2", "attr": … }`, as text or not. */
function nodeOf(context: LayerContext): Record<string, unknown> {
  const raw = context.settings.raw('node_def');
  try {
    const node: unknown = typeof raw === 'string' ? JSON.parse(raw) : raw;
    if (isObject(node)) return node;
  } catch {
    // Older files hold it in a form of its own.
  }
  return context.settings.refuse('is an operation of TensorFlow in a form that cannot be read');
}

/** Before Keras 2.4: a node of TensorFlow's graph, with its constants by their place among the inputs. */
const graphNode: LayerKind = {
  build(context, inputs) {
    const node = nodeOf(context);
    const constants = context.settings.raw('constants');
    const placed = new Map<number, Argument>(
      Object.entries(isObject(constants) ? constants : {}).map(([place, value]) => [
        Number(place),
        value as Argument,
      ]),
    );
    const tensors = [...context.call.args].flat();
    const count = tensors.length + placed.size;
    const args = Array.from(
      { length: count },
      (_, place) => placed.get(place) ?? (tensors.shift() as Argument),
    );
    return apply(String(node.op ?? ''), { ...context, call: { args, kwargs: {} } }, inputs);
  },
};

/** The scaled sums of Inception-ResNet are the only functions written in Python that files name unmistakably. */
const lambda: LayerKind = {
  build(context, inputs) {
    const given = context.settings.raw('arguments');
    const scale = isObject(given) ? given.scale : undefined;
    if (
      inputs.length === 2 &&
      typeof scale === 'number' &&
      /^(block35|block17|block8)_/.test(context.layer.name)
    ) {
      context.note('Lambda layers are taken for the scaled sums of Inception-ResNet, as their names say.');
      return addScaled(context, inputs, scale);
    }
    return context.settings.refuse(
      'runs Python code, which the file does not tell in a form that can be converted',
    );
  },
};

/** Names of the classes of Keras 3's operations: `LeakyRelu` is `leaky_relu`. */
export function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** A class of Keras 3 that is an operation and no layer. */
export function operationKind({ className }: LayerSpec): LayerKind | undefined {
  const name = snakeCase(className);
  return OPERATIONS.has(name) ? { build: (context, inputs) => apply(name, context, inputs) } : undefined;
}

export const OPERATION_LAYERS: Readonly<Record<string, LayerKind>> = {
  TFOpLambda: functionLayer,
  SlicingOpLambda: functionLayer,
  TensorFlowOpLayer: graphNode,
  Lambda: lambda,
};
