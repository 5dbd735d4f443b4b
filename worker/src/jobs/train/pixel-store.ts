/** Decoded images of a training, in memory that threads share. Whole levels take a byte each, others four. */
import type { Pixels } from '../../imaging/fit.js';
import { TrainingRefused } from './protocol.js';

/** What a thread is given to read a store. */
export interface SharedPixels {
  readonly buffer: SharedArrayBuffer;
  readonly kind: 'uint8' | 'float32';
  /** Numbers of one image. */
  readonly length: number;
}

const MIB = 2 ** 20;

function levelsOf({ buffer, kind }: Pick<SharedPixels, 'buffer' | 'kind'>): Pixels {
  return kind === 'uint8' ? new Uint8Array(buffer) : new Float32Array(buffer);
}

/** One image of a store, as it lies there. @param place from 0 */
export function sharedImage(shared: SharedPixels, place: number): Pixels {
  return levelsOf(shared).subarray(place * shared.length, (place + 1) * shared.length);
}

export class PixelStore {
  readonly #capacity: number;
  readonly #length: number;
  readonly #memoryBytes: number;
  #shared: SharedPixels;
  #count = 0;

  /**
   * @param capacity images at the most @param length numbers of one image @param memoryBytes that all may take
   * @throws TrainingRefused when that is too little
   */
  constructor(capacity: number, length: number, memoryBytes: number) {
    this.#capacity = capacity;
    this.#length = length;
    this.#memoryBytes = memoryBytes;
    this.#shared = this.#allocate('uint8');
  }

  get shared(): SharedPixels {
    return this.#shared;
  }

  /** @throws TrainingRefused when numbers that are no whole levels need more memory than there may be */
  add(pixels: Pixels): void {
    if (pixels instanceof Float32Array && this.#shared.kind === 'uint8') {
      const whole = levelsOf(this.#shared);
      this.#shared = this.#allocate('float32');
      levelsOf(this.#shared).set(whole);
    }
    levelsOf(this.#shared).set(pixels, this.#count * this.#length);
    this.#count += 1;
  }

  #allocate(kind: SharedPixels['kind']): SharedPixels {
    const bytes = this.#capacity * this.#length * (kind === 'uint8' ? 1 : Float32Array.BYTES_PER_ELEMENT);
    if (bytes > this.#memoryBytes)
      throw new TrainingRefused(
        `The images take ${Math.ceil(bytes / MIB)} MiB at this size, and a training may use ${Math.floor(this.#memoryBytes / MIB)} (TRAIN_MEMORY_BYTES). Choose a smaller input_size, or the method head.`,
      );
    return { buffer: new SharedArrayBuffer(bytes), kind, length: this.#length };
  }
}
