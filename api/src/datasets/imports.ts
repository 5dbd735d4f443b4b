/** The imports that run in this process: one zip after the other, so that reading them leaves room for requests. */
import type { ZipImport } from './zip-import.js';

export class Imports {
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** Reads a zip once those before it are read. How it goes is in its row. */
  start(zip: ZipImport, key: string): void {
    this.#running = this.#running.then(() => zip.run(key, this.#stop.signal));
  }

  /** Resolves when none runs any more of those that were started by now. */
  idle(): Promise<void> {
    return this.#running;
  }

  /** Breaks off what runs, after the image that is being read. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
