/** Models of a single layer, for tests of what it computes. */
import type { Array3 } from './compute.js';
import { Recorder, type Tensor } from './recorder.js';
import { errorOf } from './run.js';
import { hdf5Model } from './write.js';

/** A model of one input and what is added to it, saved by Keras 3 unless told. */
export async function errorWith(
  build: (k: Recorder, x: Tensor) => Tensor,
  { shape = [5, 6, 4], version = 3 as 2 | 3, stated = shape as readonly (number | null)[] } = {},
): Promise<number> {
  const k = new Recorder('one');
  k.outputs = [build(k, k.input(shape, 'image', stated))];
  return (await errorOf(k, 'model.h5', await hdf5Model(k, version))).error;
}

/** The only input of a layer. */
export const one = (inputs: readonly Array3[]): Array3 => inputs[0] as Array3;
