/**
 * Owns the threads that decode images whole and scale them exactly. They start with the first such image and end after
 * some idle minutes. An image that takes too long has its thread replaced.
 */
import { grantedCpus } from '@scry/shared/runtime/cpus';
import { threadFile } from '@scry/shared/runtime/thread-file';
import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import type { ExactTask } from './exact-thread.js';
import type { ImageLimits } from './failures.js';
import type { Fitted } from './fit.js';
import { PixelBudget } from './pixel-budget.js';

const IDLE_MS = 300_000;

/** Decoded at the same time are no more than this many images of the largest size, or as many smaller ones. */
const LARGEST_AT_ONCE = 2;

export class ExactDecoder {
  readonly #limits: ImageLimits;
  readonly #threads = grantedCpus();
  readonly #limit = pLimit(this.#threads);
  readonly #budget: PixelBudget;
  #pool: Piscina<ExactTask, Fitted> | null = null;

  constructor(limits: ImageLimits) {
    this.#limits = limits;
    this.#budget = new PixelBudget(limits.maxPixels * LARGEST_AT_ONCE);
  }

  /**
   * Decodes and scales one image. Waiting for a thread or for memory does not count against its time.
   * @param task its bytes in a buffer of their own, which is transferred and empty afterwards
   * @param pixels width × height as the file says; null when that is not known
   * @throws what sharp says of the image
   */
  async prepare(task: Omit<ExactTask, 'limits'>, pixels: number | null): Promise<Fitted | 'timeout'> {
    const { maxPixels } = this.#limits;
    const cost = Math.min(pixels ?? maxPixels, maxPixels);
    await this.#budget.take(cost);
    try {
      return await this.#limit(() => this.#prepareNow({ ...task, limits: this.#limits }));
    } finally {
      this.#budget.give(cost);
    }
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = null;
  }

  async #prepareNow(task: ExactTask): Promise<Fitted | 'timeout'> {
    this.#pool ??= new Piscina({
      filename: threadFile(import.meta.url, './exact-thread.js'),
      minThreads: 0,
      maxThreads: this.#threads,
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
    const deadline = AbortSignal.timeout(this.#limits.timeoutS * 1000);
    const { buffer } = 'raw' in task.source ? task.source.raw.data : task.source.bytes;
    try {
      return await this.#pool.run(task, { signal: deadline, transferList: [buffer as ArrayBuffer] });
    } catch (error) {
      if (deadline.aborted) return 'timeout';
      throw error;
    }
  }
}
