/**
 * Where an image goes in a model's input: sizes and offsets with each library's rounding.
 * Sources: torchvision transforms (Resize, CenterCrop), timm (crop_pct, ResizeKeepRatio), Ultralytics LetterBox,
 * Pillow ImageOps (fit, pad), TensorFlow resize_with_pad, Keras smart_resize (crop_to_aspect_ratio).
 */

import type { Library } from './libraries.js';
import type { Axis, Scaling } from './raster.js';
import { roundHalfToEven } from './rounding.js';

export const RESIZES = ['stretch', 'cover', 'contain', 'fit'] as const;
export type Resize = (typeof RESIZES)[number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How images are brought to the size of an input. */
export interface FitRules extends Size {
  readonly resize: Resize;
  /** `cover`: what the shorter side is scaled to before cropping, in pixels, or 1 at the most: the share that is kept. */
  readonly crop?: number | undefined;
  /** `contain`: where the image lies in its padding. */
  readonly align: 'center' | 'start';
}

/** An image's rectangle in pixels of the input; it reaches beyond the edges where parts are cut off. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

export interface Placement {
  readonly scaling: Scaling;
  /** Where the computed pixels begin in the input; more than 0 where there is padding. */
  readonly left: number;
  readonly top: number;
  /** The whole image, for carrying boxes back. */
  readonly image: Rectangle;
}

/** @param library whose rounding is used */
export function placeImage(image: Size, rules: FitRules, library: Library): Placement {
  switch (rules.resize) {
    case 'stretch':
      return joined(
        scaledAxis(image.width, rules.width, rules.width, 0),
        scaledAxis(image.height, rules.height, rules.height, 0),
      );
    case 'cover':
      return placeCover(image, rules, library);
    case 'contain':
      return placeContain(image, rules, library);
    case 'fit':
      return library === 'pillow' ? placePillowFit(image, rules) : placeCropped(image, rules);
  }
}

/** Size that a `cover` image is scaled to reach at least, before the middle is taken. */
export function sizeBeforeCrop({ width, height, crop = 1 }: Size & Pick<FitRules, 'crop'>): Size {
  if (crop <= 1) return { width: Math.floor(width / crop), height: Math.floor(height / crop) };
  const shorter = Math.min(width, height);
  return { width: Math.floor((width * crop) / shorter), height: Math.floor((height * crop) / shorter) };
}

interface PlacedAxis {
  readonly axis: Axis;
  /** Where the computed pixels begin in the input. */
  readonly begin: number;
}

/** An axis that is scaled whole and then begins at `offset` of the input; a negative offset is cut off. */
function scaledAxis(size: number, scaled: number, input: number, offset: number): PlacedAxis {
  const first = Math.max(0, -offset);
  const begin = Math.max(0, offset);
  return {
    axis: { size, from: 0, to: size, scaled, first, count: Math.min(scaled - first, input - begin) },
    begin,
  };
}

function joined(x: PlacedAxis, y: PlacedAxis): Placement {
  const along = ({ axis, begin }: PlacedAxis) => {
    const scale = axis.scaled / (axis.to - axis.from);
    return { start: begin - axis.first - axis.from * scale, length: axis.size * scale };
  };
  const [across, down] = [along(x), along(y)];
  return {
    scaling: { x: x.axis, y: y.axis },
    left: x.begin,
    top: y.begin,
    image: { x: across.start, y: down.start, width: across.length, height: down.length },
  };
}

/** Shorter side scaled, middle taken: with `crop` as torchvision does it, else to the nearest whole pixels. */
function placeCover(image: Size, rules: FitRules, library: Library): Placement {
  const { width, height } =
    rules.crop === undefined ? coverSize(image, rules) : resizedSize(image, sizeBeforeCrop(rules));
  // torchvision's CenterCrop rounds half a pixel to even; TensorFlow's and those written by hand drop it.
  const torchvision = rules.crop !== undefined && (library === 'pillow' || library === 'torch');
  const middle = torchvision ? roundHalfToEven : Math.floor;
  const axis = (size: number, scaled: number, input: number) =>
    scaledAxis(size, scaled, input, -middle((scaled - input) / 2));
  return joined(axis(image.width, width, rules.width), axis(image.height, height, rules.height));
}

function coverSize(image: Size, input: Size): Size {
  const wide = image.width * input.height > image.height * input.width;
  return wide
    ? { width: roundHalfToEven((input.height * image.width) / image.height), height: input.height }
    : { width: input.width, height: roundHalfToEven((input.width * image.height) / image.width) };
}

/** torchvision's Resize of the shorter side for squares, timm's ResizeKeepRatio otherwise. */
function resizedSize(image: Size, target: Size): Size {
  const { width, height } = image;
  if (target.width === target.height) {
    const longer = Math.trunc((target.width * Math.max(width, height)) / Math.min(width, height));
    return width <= height
      ? { width: target.width, height: longer }
      : { width: longer, height: target.height };
  }
  const ratio = Math.min(width / target.width, height / target.height);
  return {
    width: Math.max(target.width, roundHalfToEven(width / ratio)),
    height: Math.max(target.height, roundHalfToEven(height / ratio)),
  };
}

/** Fitted inside and padded. */
function placeContain(image: Size, rules: FitRules, library: Library): Placement {
  const { width, height } = CONTAIN[library](image, rules);
  const middle = library === 'pillow' ? roundHalfToEven : Math.floor;
  const axis = (size: number, scaled: number, input: number) => {
    // TensorFlow's offset follows from the size before it is cut down to whole pixels.
    const offset = rules.align === 'start' ? 0 : middle((input - scaled) / 2);
    return scaledAxis(size, Math.max(1, Math.floor(scaled)), input, offset);
  };
  return joined(axis(image.width, width, rules.width), axis(image.height, height, rules.height));
}

/** Ultralytics: both sides by one factor, rounded. Its offset `round(padding - 0.1)` drops half a pixel. */
function containUltralytics(image: Size, input: Size): Size {
  const ratio = Math.min(input.height / image.height, input.width / image.width);
  return { width: roundHalfToEven(image.width * ratio), height: roundHalfToEven(image.height * ratio) };
}

/** ImageOps.contain: one side as the input's, the other rounded. */
function containPillow(image: Size, input: Size): Size {
  const ratio = image.width / image.height;
  if (ratio > input.width / input.height)
    return { width: input.width, height: roundHalfToEven((image.height / image.width) * input.width) };
  return { width: roundHalfToEven(ratio * input.height), height: input.height };
}

/** resize_with_pad: in float32, not yet whole pixels. */
function containTensorflow(image: Size, input: Size): Size {
  const { fround } = Math;
  const ratio = Math.max(fround(image.width / input.width), fround(image.height / input.height));
  return { width: fround(image.width / ratio), height: fround(image.height / ratio) };
}

const CONTAIN = {
  pillow: containPillow,
  opencv: containUltralytics,
  tensorflow: containTensorflow,
  torch: containUltralytics,
} as const satisfies Record<Library, (image: Size, input: Size) => Size>;

const partAxis = (size: number, from: number, part: number, scaled: number): PlacedAxis => ({
  axis: { size, from, to: from + part, scaled, first: 0, count: scaled },
  begin: 0,
});

/** ImageOps.fit: the largest middle part of the input's proportions, fractions of pixels included, is scaled. */
function placePillowFit(image: Size, input: Size): Placement {
  const ratio = image.width / image.height;
  const wanted = input.width / input.height;
  const width = ratio > wanted ? wanted * image.height : image.width;
  const height = ratio < wanted ? image.width / wanted : image.height;
  return joined(
    partAxis(image.width, (image.width - width) * 0.5, width, input.width),
    partAxis(image.height, (image.height - height) * 0.5, height, input.height),
  );
}

/** Keras' crop_to_aspect_ratio: as above, in whole pixels; computed in float32. */
function placeCropped(image: Size, input: Size): Placement {
  const cut = (along: number, across: number, size: number) =>
    Math.max(1, Math.min(size, Math.trunc(Math.fround(Math.fround(along) / across))));
  const width = cut(image.height * input.width, input.height, image.width);
  const height = cut(image.width * input.height, input.width, image.height);
  const start = (size: number, part: number) => Math.trunc((size - part) / 2);
  return joined(
    partAxis(image.width, start(image.width, width), width, input.width),
    partAxis(image.height, start(image.height, height), height, input.height),
  );
}
