/** A Keras model as its config describes it, whatever dialect that was written in. */

/** An output of a layer: of its call number `node`. */
export interface TensorRef {
  readonly ref: { readonly layer: string; readonly node: number; readonly tensor: number };
}

/** An argument of a call: a tensor, a plain value, or a list of both. */
export type Argument = TensorRef | readonly Argument[] | Literal;
export type Literal = string | number | boolean | null | { readonly [key: string]: unknown };

/** One use of a layer; a shared layer has several. */
export interface Call {
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
}

export interface LayerSpec {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly trainable: boolean;
  /** Empty in a Sequential model, whose layers follow each other. */
  readonly calls: readonly Call[];
  /** For a layer that is a model itself. */
  readonly model?: ModelSpec;
}

export interface ModelSpec {
  readonly kind: 'Sequential' | 'Functional';
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  /** Only of Functional models. */
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
  /** Of a Sequential model that was built without an input layer: sizes with the batch first. */
  readonly inputShape?: readonly (number | null)[];
}

export function isRef(argument: unknown): argument is TensorRef {
  return typeof argument === 'object' && argument !== null && 'ref' in argument;
}

/** All tensors of an argument, in order. */
export function refsOf(argument: Argument): TensorRef[] {
  if (isRef(argument)) return [argument];
  return Array.isArray(argument) ? argument.flatMap(refsOf) : [];
}

/** All tensors of a call: those of its positional arguments, then those of its named ones. */
export function refsOfCall({ args, kwargs }: Call): TensorRef[] {
  return [...args, ...Object.values(kwargs)].flatMap(refsOf);
}
