/** Size and layout of a network's input. */
import type { InputFacts, ModelFacts } from './facts.js';
import { ultralyticsOf } from './ultralytics.js';

export interface ImageShape {
  readonly layout: 'nchw' | 'nhwc';
  readonly channels: number | null;
  readonly width: number | null;
  readonly height: number | null;
}

const looksLikeChannels = (size: number | null | undefined) => size === 1 || size === 3;

/** @returns null when the input is not an image */
export function imageShape({ dims }: InputFacts, format: string): ImageShape | null {
  if (dims.length !== 3 && dims.length !== 4) return null;
  const [a = null, b = null, c = null] = dims.slice(-3);
  const byName = format === 'onnx' || format === 'darknet' ? 'nchw' : 'nhwc';
  const first = looksLikeChannels(a);
  const layout = first === looksLikeChannels(c) ? byName : first ? 'nchw' : 'nhwc';
  return layout === 'nchw'
    ? { layout, channels: a, height: b, width: c }
    : { layout, channels: c, height: a, width: b };
}

export interface FoundSize {
  readonly width: number;
  readonly height: number;
  readonly reason: string;
}

/** The size to bring images to, where the file has one anywhere. */
export function foundSize(facts: ModelFacts): FoundSize | null {
  const shape = facts.input && imageShape(facts.input, facts.format);
  if (shape?.width && shape.height)
    return { width: shape.width, height: shape.height, reason: `the shape of the input of ${facts.file}` };
  const size = ultralyticsOf(facts)?.size;
  if (size) return { ...size, reason: 'imgsz in the metadata of the file' };
  const [first] = facts.preparing;
  if (first?.className !== 'Resizing') return null;
  const { width, height } = first.settings;
  if (typeof width !== 'number' || typeof height !== 'number') return null;
  return { width, height, reason: `the layer "${first.name}" (Resizing) of the file` };
}
