/**
 * Owns the threads that decode BMP and HEIC. They start with the first such images, end after some idle seconds, and
 * are replaced when an image takes too long.
 */
import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import { threadFile } from '../../runtime/thread-file.js';
import type { CodecResult, CodecTask } from './thread.js';

/** A HEIC of 12 megapixels was measured to take 0.8 s of CPU and 250 MB, so more at a time would hurt. */
const THREADS = 2;
const IDLE_MS = 30_000;

export class CodecDecoder {
  #pool: Piscina<CodecTask, CodecResult> | null = null;
  readonly #limit = pLimit(THREADS);

  /**
   * Decodes one image. Waiting for a thread does not count against its time.
   * @param task bytes in a buffer of their own; it is transferred and empty afterwards
   * @returns RGBA, a problem, or 'timeout'
   * @throws Error with the decoder's words when the file is damaged
   */
  decode(task: CodecTask, timeoutS: number): Promise<CodecResult | 'timeout'> {
    return this.#limit(() => this.#decodeNow(task, timeoutS));
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = null;
  }

  async #decodeNow(task: CodecTask, timeoutS: number): Promise<CodecResult | 'timeout'> {
    this.#pool ??= new Piscina({
      filename: threadFile(import.meta.url, './thread.js'),
      minThreads: 0,
      maxThreads: THREADS,
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
    const deadline = AbortSignal.timeout(timeoutS * 1000);
    try {
      const transferList = [task.bytes.buffer as ArrayBuffer];
      return await this.#pool.run(task, { signal: deadline, transferList });
    } catch (error) {
      if (deadline.aborted) return 'timeout';
      throw error;
    }
  }
}
