/** The images of a training, decoded as the model will see them when it is served. */
import { BlobMissing } from '@scry/shared/storage/blobs';
import { openImages } from '@scry/shared/storage/data-folder';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { ImageLimits } from '../../imaging/failures.js';
import type { ImageInput, Pixels } from '../../imaging/fit.js';
import { ImageReader } from '../../imaging/image-reader.js';
import {
  createPixelWriter,
  type InputSpec,
  type PixelWriter,
  valuesPerImage,
} from '../../inference/engines/pixels.js';
import { TrainingRefused } from './protocol.js';

/** What a network takes: how an image is scaled, and how its levels become numbers. */
export type TrainingInput = ImageInput & InputSpec;

export interface Prepared<T> {
  readonly item: T;
  readonly pixels: Pixels;
}

const AT_ONCE = 8;
/** Above this share of unreadable images something is wrong with all of them. */
const MOST_UNREADABLE = 0.1;

/** Decodes images, several at a time, and gives them back in their order. */
export class TrainingImages {
  readonly #reader: ImageReader;
  readonly #storage: ImageStorage;
  readonly input: TrainingInput;
  readonly #writer: PixelWriter;
  #unreadable = 0;
  #read = 0;

  constructor(
    input: TrainingInput,
    { dataDir, limits }: { readonly dataDir: string; readonly limits: ImageLimits },
  ) {
    this.#storage = openImages(dataDir);
    this.input = input;
    this.#reader = new ImageReader(limits);
    this.#writer = createPixelWriter(input);
  }

  /** Numbers of one image. */
  get length(): number {
    return valuesPerImage(this.input);
  }

  /**
   * Those that can be read, in the order of the items.
   * @param onSkipped told of each that cannot
   */
  async *prepare<T extends { readonly sha256: string }>(
    items: readonly T[],
    onSkipped: (item: T, reason: string) => void,
  ): AsyncGenerator<Prepared<T>> {
    const begin = (item: T | undefined) => {
      const made = item && this.#reader.prepare(this.#storage.read(item.sha256), this.input);
      made?.catch(() => undefined); // thrown where it is waited for
      return made;
    };
    const ahead = items.slice(0, AT_ONCE).map(begin);
    for (const [index, item] of items.entries()) {
      const prepared = await this.#await(ahead.shift());
      ahead.push(begin(items[index + AT_ONCE]));
      this.#read += 1;
      if (prepared.ok) yield { item, pixels: prepared.image.pixels };
      else {
        this.#unreadable += 1;
        onSkipped(item, prepared.error.message);
      }
    }
    if (this.#unreadable > this.#read * MOST_UNREADABLE)
      throw new TrainingRefused(`${this.#unreadable} of ${this.#read} images cannot be read; see the log.`);
  }

  /** Writes an image into its place of a batch. */
  write(pixels: Pixels, batch: Float32Array, index: number): void {
    this.#writer(pixels, batch, index);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #await(preparing: ReturnType<ImageReader['prepare']> | undefined) {
    try {
      return await (preparing as ReturnType<ImageReader['prepare']>);
    } catch (error) {
      if (!(error instanceof BlobMissing)) throw error;
      throw new TrainingRefused('An image of the data set is not stored any more; it was deleted meanwhile.');
    }
  }
}
