/** From a decoded image to a model's input, in the arithmetic of the library that the model was trained with. */
import type { Library } from '@scry/shared/imaging/resample/libraries';
import { placeImage } from '@scry/shared/imaging/resample/placement';
import type { Raster } from '@scry/shared/imaging/resample/raster';
import { type Method, resample } from '@scry/shared/imaging/resample/resample';
import { type Fitted, type ImageInput, layOut } from './fit.js';
import { toGray } from './gray.js';

/** libvips' filters are named after Pillow's, which has them all; its placement is Ultralytics'. */
const INSTEAD_OF_FAST = { arithmetic: 'pillow', placement: 'opencv' } as const satisfies Record<
  string,
  Library
>;

/**
 * Scales a whole decoded image to a model's input. Gray models get their one channel before, as when a training
 * library reads a file as gray. With `resample` "fast", Pillow's arithmetic stands in for libvips'.
 * @param image RGB, not resized
 */
export function fitExactly(image: Raster, input: ImageInput): Fitted {
  const fast = input.resample === 'fast';
  const method: Method = {
    library: input.resample === 'fast' ? INSTEAD_OF_FAST.arithmetic : input.resample,
    filter: input.filter,
    antialias: input.antialias,
  };
  const source = input.channels === 'gray' ? toGray(image) : image;
  const {
    scaling,
    left,
    top,
    image: geometry,
  } = placeImage(source, input, fast ? INSTEAD_OF_FAST.placement : method.library);
  const data = resample(source, scaling, method);
  const scaled = { data, width: scaling.x.count, height: scaling.y.count, channels: source.channels };
  return { pixels: layOut(scaled, { x: left, y: top }, input), geometry };
}
