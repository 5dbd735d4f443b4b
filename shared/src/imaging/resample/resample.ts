/** Resizing with exactly the arithmetic of the library that a model was trained with. */
import { type FilterOf, LIBRARY_FILTERS, type Library } from './libraries.js';
import { resizeOpencv } from './opencv.js';
import { resizePillow } from './pillow.js';
import type { Raster, Scaling } from './raster.js';
import { resizeTensorflow } from './tensorflow.js';
import { resizeTorch } from './torch.js';

export interface Method {
  readonly library: Library;
  readonly filter: string;
  /** TensorFlow and PyTorch: widen the filter when reducing. Pillow always does, OpenCV never. */
  readonly antialias: boolean;
}

/**
 * Resizes as a library does.
 * @returns `[rows, columns, channels]` of the computed window, owning its ArrayBuffer: 8-bit for Pillow, OpenCV and
 *   filters that copy pixels; float32 from 0 to 255, not rounded, for the others of TensorFlow and PyTorch
 * @throws Error when the library has no such filter
 */
export function resample(source: Raster, scaling: Scaling, method: Method): Uint8Array | Float32Array {
  const { library, filter, antialias } = method;
  const known: readonly string[] = LIBRARY_FILTERS[library];
  if (!known.includes(filter))
    throw new Error(`${library} has no filter "${filter}" but ${known.join(', ')}`);
  switch (library) {
    case 'pillow':
      return resizePillow(source, scaling, filter as FilterOf<'pillow'>);
    case 'opencv':
      return resizeOpencv(source, scaling, filter as FilterOf<'opencv'>);
    case 'tensorflow':
      return resizeTensorflow(source, scaling, filter as FilterOf<'tensorflow'>, antialias);
    case 'torch':
      return resizeTorch(source, scaling, filter as FilterOf<'torch'>, antialias);
  }
}
