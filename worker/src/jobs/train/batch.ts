/** A batch of a training from decoded images: the same in whichever thread it is made. */
import type { Augmentation } from '@scry/shared/contracts/training';
import { channelCount, createPixelWriter, valuesPerImage } from '../../inference/engines/pixels.js';
import { augmented, changesImages } from './augment.js';
import type { TrainingInput } from './images.js';
import { type SharedPixels, sharedImage } from './pixel-store.js';

/** What all batches of a training share. */
export interface BatchSetup {
  readonly pixels: SharedPixels;
  readonly input: TrainingInput;
  readonly augment: Augmentation;
  /** Of the changes. */
  readonly seeds: readonly number[];
}

export interface BatchTask {
  /** Images by their places. */
  readonly places: readonly number[];
  /** From 1: images are changed again in each; null: they are left as they are. */
  readonly epoch: number | null;
  /** Seeds of the changes of each image, in the place of its own place. */
  readonly draws?: readonly number[];
  /** Other images than those of the training. */
  readonly pixels?: SharedPixels;
  /** Images that the batch has room for; as many as there are unless given. */
  readonly size?: number;
}

/** @returns the images one after the other, as the network takes them */
export function fillBatch(setup: BatchSetup, task: BatchTask): Float32Array<ArrayBuffer> {
  const { input, augment, seeds } = setup;
  const { places, epoch, draws = places, pixels = setup.pixels } = task;
  const write = createPixelWriter(input);
  const size = { ...input, channels: channelCount(input) };
  const changes = epoch !== null && changesImages(augment);
  const batch = new Float32Array((task.size ?? places.length) * valuesPerImage(input));
  for (const [index, place] of places.entries()) {
    const image = sharedImage(pixels, place);
    const draw = draws[index] as number;
    write(changes ? augmented(image, size, augment, ...seeds, epoch, draw) : image, batch, index);
  }
  return batch;
}
