/**
 * Owns the threads that change images while the network learns; without changes there are none, since writing a batch takes
 * less time than sending it. Some batches are made ahead, and they come in their order.
 */

import type { Batch } from '@scry/onnx/gradients/trainer/trainer';
import { threadFile } from '@scry/shared/runtime/thread-file';
import { Piscina } from 'piscina';
import { changesImages } from './augment.js';
import { type BatchSetup, type BatchTask, fillBatch } from './batch.js';

const MOST_THREADS = 4;

export class BatchMaker {
  readonly #setup: BatchSetup;
  readonly #targets: readonly number[];
  readonly #threads: number;
  #pool: Piscina<BatchTask, Float32Array> | null = null;

  /** @param targets of the images by their places @param threads that a training may use */
  constructor(setup: BatchSetup, targets: readonly number[], threads: number) {
    this.#setup = setup;
    this.#targets = targets;
    this.#threads = Math.min(threads, MOST_THREADS);
  }

  /** Images in an order, so many at a time. @param epoch as in BatchTask */
  async *batches(order: readonly number[], size: number, epoch: number | null): AsyncGenerator<Batch> {
    const chunks: number[][] = [];
    for (let at = 0; at < order.length; at += size) chunks.push(order.slice(at, at + size));
    const begin = (places: readonly number[] | undefined) => {
      const made = places && this.make({ places, epoch });
      made?.catch(() => undefined); // thrown where it is waited for
      return made;
    };
    const ahead = chunks.slice(0, this.#threads + 1).map(begin);
    for (const [index, places] of chunks.entries()) {
      const images = (await ahead.shift()) as Float32Array;
      ahead.push(begin(chunks[index + this.#threads + 1]));
      yield { images, targets: places.map((place) => this.#targets[place] as number) };
    }
  }

  /** One batch. */
  async make(task: BatchTask): Promise<Float32Array> {
    const changes = task.epoch !== null && changesImages(this.#setup.augment);
    return changes ? this.#threadPool().run(task) : fillBatch(this.#setup, task);
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #threadPool(): Piscina<BatchTask, Float32Array> {
    this.#pool ??= new Piscina<BatchTask, Float32Array>({
      filename: threadFile(import.meta.url, './batch-thread.js'),
      minThreads: this.#threads,
      maxThreads: this.#threads,
      workerData: this.#setup,
      recordTiming: false,
    });
    return this.#pool;
  }
}
