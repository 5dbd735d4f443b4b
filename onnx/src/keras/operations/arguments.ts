import type { LayerValue } from '../layer-graph.js';
import type { LayerContext } from '../layers/layer-kind.js';
import { type Argument, isRef } from '../spec.js';

/** Reads the arguments of an operation that is a layer, by name or place; what is missing may be a setting. */
export class OperationArguments {
  readonly context: LayerContext;
  readonly #inputs: readonly LayerValue[];

  /** @param inputs the layer's inputs where it has no call of its own, as in a Sequential model */
  constructor(context: LayerContext, inputs: readonly LayerValue[]) {
    this.context = context;
    this.#inputs = inputs;
  }

  /** The argument at a place, or of one of these names. */
  at(place: number, ...names: readonly string[]): Argument | LayerValue | undefined {
    const { args, kwargs } = this.context.call;
    for (const name of names) if (name in kwargs) return kwargs[name];
    if (place >= 0 && place < args.length) return args[place];
    for (const name of names) {
      const setting = this.context.layer.config[name];
      if (setting !== undefined) return setting as Argument;
    }
    return args.length === 0 ? this.#inputs[place] : undefined;
  }

  /** A tensor. @throws ConversionError when it is something else */
  tensor(place: number, ...names: readonly string[]): LayerValue {
    const found = this.tensorOrNot(place, ...names);
    return found ?? this.context.settings.refuse('is called without a tensor where it needs one');
  }

  tensorOrNot(place: number, ...names: readonly string[]): LayerValue | undefined {
    const found = this.at(place, ...names);
    if (isRef(found)) return this.context.valueOf(found);
    return isValue(found) ? found : undefined;
  }

  tensors(place: number, ...names: readonly string[]): readonly LayerValue[] {
    const found = this.at(place, ...names);
    const list: readonly unknown[] = Array.isArray(found) ? found : [found];
    return list.map((item) =>
      isRef(item)
        ? this.context.valueOf(item)
        : this.context.settings.refuse('is called without a list of tensors'),
    );
  }

  number(otherwise: number, place: number, ...names: readonly string[]): number {
    const found = this.at(place, ...names) ?? otherwise;
    return typeof found === 'number' ? found : this.context.settings.refuse(`has no usable ${names[0]}`);
  }

  flag(otherwise: boolean, place: number, ...names: readonly string[]): boolean {
    const found = this.at(place, ...names);
    return typeof found === 'boolean' ? found : otherwise;
  }

  text(otherwise: string, place: number, ...names: readonly string[]): string {
    const found = this.at(place, ...names);
    return typeof found === 'string' ? found : otherwise;
  }

  /** Whole numbers; one stands for a list of it; undefined when the argument is missing. */
  integers(place: number, ...names: readonly string[]): readonly number[] | undefined {
    const found = this.at(place, ...names);
    if (found === undefined || found === null) return undefined;
    const list: readonly unknown[] = Array.isArray(found) ? found : [found];
    if (!list.every((item) => Number.isSafeInteger(item)))
      return this.context.settings.refuse(`has no usable ${names[0]}`);
    return list as number[];
  }
}

function isValue(found: unknown): found is LayerValue {
  return typeof found === 'object' && found !== null && 'channelsFirst' in found;
}
