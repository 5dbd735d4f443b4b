/**
 * Owns the thread that decodes BMP and HEIC. It starts with the first such picture, ends after some idle seconds,
 * and is replaced when a picture takes too long.
 */
import { Piscina } from 'piscina';
import { threadFile } from '../thread-file.js';
import type { ForeignResult, ForeignTask } from './foreign-thread.js';

const IDLE_MS = 30_000;

export class ForeignDecoder {
  #pool: Piscina<ForeignTask, ForeignResult> | null = null;

  /**
   * @param bytes own buffer; it is transferred and empty afterwards
   * @returns RGBA, a problem, or 'timeout'
   * @throws Error with the library's words when the file is damaged
   */
  async decode(task: ForeignTask, timeoutS: number): Promise<ForeignResult | 'timeout'> {
    this.#pool ??= new Piscina({
      filename: threadFile(import.meta.url, './foreign-thread.js'),
      minThreads: 0,
      maxThreads: 1, // a 12-megapixel HEIC takes 300 MB while it is decoded
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
    const deadline = AbortSignal.timeout(timeoutS * 1000);
    try {
      return await this.#pool.run(task, {
        signal: deadline,
        transferList: [task.bytes.buffer as ArrayBuffer],
      });
    } catch (error) {
      if (deadline.aborted) return 'timeout';
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = null;
  }
}
