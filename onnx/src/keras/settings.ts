import { ConversionError, quote } from '../errors.js';
import type { LayerSpec } from './spec.js';

/** Names a layer in a sentence. */
export function nameLayer({ name, className }: Pick<LayerSpec, 'name' | 'className'>): string {
  return `The layer ${quote(name)} of the class ${quote(className)}`;
}

/** Reads a layer's settings, each with the default that Keras has. */
export class Settings {
  readonly #layer: LayerSpec;

  constructor(layer: LayerSpec) {
    this.#layer = layer;
  }

  /** @throws ConversionError always, naming the layer */
  refuse(why: string): never {
    throw new ConversionError(`${nameLayer(this.#layer)} ${why}.`);
  }

  raw(key: string): unknown {
    return this.#layer.config[key];
  }

  number(key: string, otherwise: number): number {
    const value = this.raw(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value)) this.refuse(`has no usable ${quote(key)}`);
    return value;
  }

  /** A number or null; `otherwise` only where the setting is missing. */
  optional(key: string): number | undefined {
    return this.raw(key) === undefined || this.raw(key) === null ? undefined : this.number(key, 0);
  }

  integer(key: string, otherwise: number, least = 1): number {
    const value = this.number(key, otherwise);
    if (!Number.isSafeInteger(value) || value < least) this.refuse(`has no usable ${quote(key)}`);
    return value;
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.raw(key);
    return typeof value === 'boolean' ? value : otherwise;
  }

  text(key: string, otherwise: string): string {
    const value = this.raw(key);
    return typeof value === 'string' ? value : otherwise;
  }

  /** Two whole numbers, for the rows and the columns; one stands for both. */
  pair(key: string, otherwise: readonly [number, number]): readonly [number, number] {
    const value = this.raw(key) ?? otherwise;
    const list = Array.isArray(value) ? value : [value, value];
    const [a, b] = list.length === 1 ? [list[0], list[0]] : list;
    const usable = [a, b].every((size) => Number.isSafeInteger(size) && size >= 1);
    if (list.length > 2 || !usable) this.refuse(`has no usable ${quote(key)}`);
    return [a, b];
  }

  /** Whole numbers, or one that stands for a list of it. */
  integers(key: string, otherwise: readonly number[]): readonly number[] {
    const value = this.raw(key) ?? otherwise;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (!list.every((item) => Number.isSafeInteger(item))) this.refuse(`has no usable ${quote(key)}`);
    return list as number[];
  }

  /** `[[top, bottom], [left, right]]`, which may be written as one number or two. */
  margins(key: string): readonly [readonly [number, number], readonly [number, number]] {
    const value = this.raw(key) ?? 1;
    const list: unknown[] = Array.isArray(value) ? value : [value, value];
    const flat = list.length === 4 ? [list.slice(0, 2), list.slice(2)] : list;
    const sides = flat.map((side) => (Array.isArray(side) ? side : [side, side]));
    const usable = sides.every(
      (side) => side.length === 2 && side.every((size) => Number.isSafeInteger(size) && size >= 0),
    );
    if (sides.length !== 2 || !usable) this.refuse(`has no usable ${quote(key)}`);
    return sides as unknown as [[number, number], [number, number]];
  }

  get channelsFirst(): boolean {
    return this.text('data_format', 'channels_last') === 'channels_first';
  }
}
