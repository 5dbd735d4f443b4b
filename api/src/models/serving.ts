/** Which models workers serve now, from their heartbeats; asked of the database at most once a second. */
import type { LiveWorker, WorkerStore } from '@scry/shared/database/workers';

const FRESH_MS = 1000;

export class Serving {
  readonly #workers: WorkerStore;
  #asked: Promise<LiveWorker[]> | null = null;
  #askedAt = 0;

  constructor(workers: WorkerStore) {
    this.#workers = workers;
  }

  /** Workers heard of lately. */
  workers(): Promise<LiveWorker[]> {
    const now = performance.now();
    if (this.#asked && now - this.#askedAt < FRESH_MS) return this.#asked;
    const asked = this.#workers.live();
    this.#asked = asked;
    this.#askedAt = now;
    asked.catch(() => {
      if (this.#asked === asked) this.#asked = null; // whoever asks next tries again
    });
    return asked;
  }
}
