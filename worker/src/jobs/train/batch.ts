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
  /** From 1: images are changed anew in each; null: they are left as they are. */
  readonly epoch: number | null;
}

/** @returns the images one after the other, as the network takes them */
export function fillBatch({ pixels, input, augment, seeds }: BatchSetup, { places, epoch }: BatchTask) {
  const write = createPixelWriter(input);
  const size = { ...input, channels: channelCount(input) };
  const batch = new Float32Array(places.length * valuesPerImage(input));
  for (const [index, place] of places.entries()) {
    const image = sharedImage(pixels, place);
    const changed =
      epoch !== null && changesImages(augment)
        ? augmented(image, size, augment, ...seeds, epoch, place)
        : image;
    write(changed, batch, index);
  }
  return batch;
}
