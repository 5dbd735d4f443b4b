/** What darknet's layers are built with, and what every layer may ask. */
import { ConversionError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Section } from './cfg.js';
import type { WeightsReader } from './weights.js';

/** Values in one image of any layer; the largest published networks have a tenth of it. */
const MOST_VALUES = 2 ** 28;

/** Channels, height and width of a layer's output. */
export interface Size {
  readonly c: number;
  readonly h: number;
  readonly w: number;
}

export interface Network {
  readonly builder: GraphBuilder;
  readonly weights: WeightsReader;
  /** Size of the network's input. */
  readonly input: Size;
  /** Output of every layer so far, by darknet's number. */
  readonly outputs: string[];
  /** Decoded boxes of the region and yolo layers so far, each [batch, boxes, 5 + classes]. */
  readonly boxes: { readonly name: string; readonly classes: number }[];
}

/** Adds a layer. @param x output of the layer before @returns its own output */
export type LayerBuilder = (network: Network, section: Section, x: string) => string;

/**
 * Size of a value [batch, c, h, w].
 * @throws ConversionError naming the layer when it is empty, or too large for any memory
 */
export function sizeOf({ builder }: Network, value: string, layer: string): Size {
  const [, c, h = 1, w = 1] = builder.shape(value);
  if (typeof c !== 'number' || typeof h !== 'number' || typeof w !== 'number' || c * h * w <= 0)
    throw new ConversionError(`The output of ${layer} would be empty (${c} × ${h} × ${w}).`);
  if (c * h * w > MOST_VALUES || c < 1 || h < 1 || w < 1)
    throw new ConversionError(
      `The output of ${layer} would be impossibly large or empty (${c} × ${h} × ${w}).`,
    );
  return { c, h, w };
}

/** An earlier layer's output by darknet's number: negative ones count back from this layer. */
export function earlier(network: Network, section: Section, number: number): string {
  const index = number < 0 ? section.index + number : number;
  const found = network.outputs[index];
  if (found !== undefined) return found;
  throw new ConversionError(`In ${section.name}, layer ${number} is named, which is not an earlier layer.`);
}

/** Refuses options that change what a layer computes and are not converted. */
export function refuse(section: Section, ...keys: readonly string[]): void {
  const set = keys.find((key) => section.has(key) && !['0', 'none'].includes(section.text(key, '0')));
  if (set)
    throw new ConversionError(`In ${section.name}, ${set}=${section.text(set, '')} cannot be converted.`);
}

/** Strides of a sliding window; `stride` stands for both. */
export const strides = (section: Section, otherwise = 1) => {
  const both = section.int('stride', otherwise, 1, 1024);
  return { y: section.int('stride_y', both, 1, 1024), x: section.int('stride_x', both, 1, 1024) };
};
