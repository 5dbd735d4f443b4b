/** Reads the config of Keras 1, 2 and 3, as it lies in `.keras`, HDF5 and TensorFlow.js files. */
import { ConversionError, quote } from '../errors.js';
import { modernLayer } from './keras-1.js';
import type { Argument, Call, LayerSpec, Literal, ModelSpec, TensorRef } from './spec.js';

type Json = Record<string, unknown>;

/** Models inside models, deeper than anybody nests them. */
const DEEPEST = 32;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

/** `["layer", 0, 0]`, with the call's named arguments as a fourth element or not. */
function historyOf(value: unknown): TensorRef | undefined {
  if (!Array.isArray(value) || value.length < 3 || value.length > 4) return undefined;
  const [layer, node, tensor] = value;
  if (typeof layer !== 'string' || !isInteger(node) || !isInteger(tensor)) return undefined;
  return { ref: { layer, node, tensor } };
}

/** A value that Keras 3 wrapped to keep its type. */
function unwrapped(value: Json, names: ReadonlySet<string>): Argument {
  const { class_name: className, config } = value;
  if (className === '__keras_tensor__' && isObject(config)) return historyOf(config.keras_history) ?? null;
  if (className === '__tuple__' && Array.isArray(value.items)) return argumentOf(value.items, names);
  if ((className === '__tensor__' || className === '__numpy__') && isObject(config))
    return argumentOf(config.value, names);
  return value as Literal;
}

/** An argument in either dialect. In Keras 2 a list is a tensor when it begins with the name of a layer. */
function argumentOf(value: unknown, names: ReadonlySet<string>): Argument {
  if (isObject(value)) return unwrapped(value, names);
  if (!Array.isArray(value)) return (value ?? null) as Literal;
  if (value[0] === '_CONSTANT_VALUE') return argumentOf(value[2], names);
  const found = historyOf(value);
  if (found && names.has(found.ref.layer)) return found;
  return value.map((item) => argumentOf(item, names));
}

function kwargsOf(value: unknown, names: ReadonlySet<string>): Record<string, Argument> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, argumentOf(item, names)]));
}

/** One inbound node: `{ args, kwargs }` in Keras 3, a list of `[layer, node, tensor, kwargs]` before. */
function callOf(node: unknown, names: ReadonlySet<string>): Call {
  if (isObject(node))
    return {
      args: Array.isArray(node.args) ? node.args.map((item) => argumentOf(item, names)) : [],
      kwargs: kwargsOf(node.kwargs, names),
    };
  if (!Array.isArray(node)) return { args: [], kwargs: {} };
  const single = typeof node[0] === 'string';
  const first = single ? node : node[0];
  const kwargs = kwargsOf(Array.isArray(first) ? first[3] : undefined, names);
  const inputs = (single ? [node] : node).map((input) => historyOf(input) ?? argumentOf(input, names));
  return { args: [inputs.length === 1 ? (inputs[0] as Argument) : inputs], kwargs };
}

/** Class names are written with the package they were registered in: `Custom>LayerScale`. */
function classNameOf(raw: Json): string {
  return String(raw.class_name ?? '').replace(/^.*>/, '');
}

function isModel(className: string, config: unknown): boolean {
  if (className === 'Sequential') return true;
  return isObject(config) && Array.isArray(config.layers) && 'input_layers' in config;
}

function rawLayersOf(config: unknown): Json[] {
  const layers = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
  if (!Array.isArray(layers) || !layers.every(isObject))
    throw new ConversionError('The model has no list of layers.');
  return layers;
}

function nameOf(raw: Json): string {
  const config = raw.config;
  const name = (isObject(config) ? config.name : undefined) ?? raw.name;
  return typeof name === 'string' ? name : '';
}

/** A setting without the wrapping that keeps its type: tuples and tensors of Keras 3, arrays of Keras 2. */
function plainSetting(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (value.type === 'ndarray' && 'value' in value) return value.value;
  if (value.class_name === '__tuple__') return value.items;
  const wrapped = value.class_name === '__tensor__' || value.class_name === '__numpy__';
  return wrapped && isObject(value.config) ? value.config.value : value;
}

function plainConfig(config: Json): Json {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, plainSetting(value)]));
}

function layerOf(source: Json, names: ReadonlySet<string>, depth: number): LayerSpec {
  const raw = modernLayer(source);
  const className = classNameOf(raw);
  const nested = isModel(className, raw.config) ? modelOf(raw, depth + 1) : undefined;
  const config = isObject(raw.config) ? plainConfig(raw.config) : {};
  const inbound = Array.isArray(raw.inbound_nodes) ? raw.inbound_nodes : [];
  return {
    className,
    name: nameOf(raw) || (typeof source.name === 'string' ? source.name : className.toLowerCase()),
    config,
    trainable: config.trainable !== false,
    calls: inbound.map((node) => callOf(node, names)),
    ...(nested ? { model: nested } : {}),
  };
}

/** `[["in", 0, 0]]`, or `["in", 0, 0]` for one, or a dictionary of either. */
function endsOf(value: unknown): TensorRef[] {
  const single = historyOf(value);
  if (single) return [single];
  if (isObject(value)) return Object.values(value).flatMap(endsOf);
  return Array.isArray(value) ? value.flatMap(endsOf) : [];
}

/** Sizes with the batch first; null where one is free. */
export function shapeOf(value: unknown): (number | null)[] | undefined {
  if (isObject(value)) return shapeOf(value.items ?? Object.values(value)[0]);
  if (!Array.isArray(value)) return undefined;
  if (Array.isArray(value[0]) && value.length === 1) return shapeOf(value[0]);
  const sizes = value.map((size) => (isInteger(size) && size > 0 ? size : null));
  return value.every((size) => size === null || typeof size === 'number') ? sizes : undefined;
}

/** Shape of the input that an input layer, or the first layer of a Sequential model, states. */
export function statedShape(config: Readonly<Json>): (number | null)[] | undefined {
  const batch = shapeOf(config.batch_shape ?? config.batch_input_shape);
  if (batch) return batch;
  const one = shapeOf(config.input_shape ?? config.shape);
  if (one) return [null, ...one];
  return isInteger(config.input_dim) ? [null, config.input_dim] : undefined;
}

/** @throws ConversionError when the config describes no Sequential or Functional model */
function modelOf(raw: Json, depth: number): ModelSpec {
  const className = classNameOf(raw);
  if (depth > DEEPEST)
    throw new ConversionError('The model nests more models in each other than can be read.');
  if (!isModel(className, raw.config))
    throw new ConversionError(
      `The model is of the class ${quote(className)}, whose layers the file does not describe: ` +
        'save it as a Functional or Sequential model.',
    );
  const rawLayers = rawLayersOf(raw.config);
  const names = new Set(rawLayers.flatMap((layer) => [nameOf(layer), String(layer.name ?? '')]));
  const config = isObject(raw.config) ? raw.config : {};
  const build = isObject(raw.build_config) ? raw.build_config.input_shape : undefined;
  const inputShape = shapeOf(config.build_input_shape ?? build);
  return {
    kind: className === 'Sequential' ? 'Sequential' : 'Functional',
    name: nameOf(raw),
    layers: rawLayers.map((layer) => layerOf(layer, names, depth)),
    inputs: endsOf(config.input_layers),
    outputs: endsOf(config.output_layers),
    ...(inputShape ? { inputShape } : {}),
  };
}

/** Reads a model's config (`{ class_name, config }`). @throws ConversionError */
export function readConfig(raw: unknown): ModelSpec {
  if (!isObject(raw)) throw new ConversionError('The model has no config.');
  return modelOf(raw, 0);
}
