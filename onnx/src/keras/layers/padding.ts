import type { Dimension } from '../../graph/graph.js';
import { type Attributes, ints, string } from '../../proto/attribute.js';
import type { ImageInput, LayerContext } from './layer-kind.js';

export interface Sliding {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

/** Pads of TensorFlow's `same`, before and after; undefined where they depend on a size that is free. */
export function samePads(
  size: Dimension,
  kernel: number,
  stride: number,
  dilation: number,
): readonly [number, number] | undefined {
  const span = dilation * (kernel - 1);
  if (stride === 1) return [Math.floor(span / 2), span - Math.floor(span / 2)];
  if (typeof size !== 'number') return undefined;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + span + 1 - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** A window's attributes with its padding written out, or SAME_UPPER where sizes are free. */
export function slidingAttributes(context: LayerContext, image: ImageInput, sliding: Sliding): Attributes {
  const { kernel, strides, dilations } = sliding;
  const attributes: Attributes = {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    dilations: ints(dilations),
  };
  const padding = context.settings.text('padding', 'valid').toLowerCase();
  if (padding === 'valid') return attributes;
  if (padding !== 'same') context.settings.refuse(`has the padding ${JSON.stringify(padding)}`);
  const rows = samePads(image.height, kernel[0], strides[0], dilations[0]);
  const columns = samePads(image.width, kernel[1], strides[1], dilations[1]);
  if (!rows || !columns) return { ...attributes, auto_pad: string('SAME_UPPER') };
  return { ...attributes, pads: ints([rows[0], columns[0], rows[1], columns[1]]) };
}
