/**
 * The imports that run in this process: one zip after the other, so that reading them leaves room for requests. Owns those
 * that are not done, and says in their rows that they are still worked on, so that the maintenance does not fail them.
 *
 *     waiting ──▶ running ──▶ done
 */
import type { DatasetStore } from '@scry/shared/database/datasets';
import type { Logger } from '@scry/shared/runtime/log';
import type { ZipImport } from './zip-import.js';

const TOUCH_EVERY_MS = 10_000;

export class Imports {
  readonly #datasets: Pick<DatasetStore, 'touchImports'>;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #unfinished = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(datasets: Pick<DatasetStore, 'touchImports'>, log: Logger, touchEveryMs = TOUCH_EVERY_MS) {
    this.#datasets = datasets;
    this.#log = log;
    this.#timer = setInterval(() => void this.#touch(), touchEveryMs).unref();
  }

  /** Reads a zip once those before it are read. How it goes is in its row. */
  start(zip: Pick<ZipImport, 'id' | 'run'>, key: string): void {
    this.#unfinished.add(zip.id);
    this.#running = this.#running
      .then(() => zip.run(key, this.#stop.signal))
      .finally(() => this.#unfinished.delete(zip.id));
  }

  /** Resolves when none runs any more of those that were started by now. */
  idle(): Promise<void> {
    return this.#running;
  }

  /** Ends what runs, after the image that is being read. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    clearInterval(this.#timer);
  }

  async #touch(): Promise<void> {
    if (this.#unfinished.size === 0) return;
    await this.#datasets
      .touchImports([...this.#unfinished])
      .catch((error: Error) =>
        this.#log.warn({ error: error.message }, 'imports could not be marked as alive; trying again'),
      );
  }
}
