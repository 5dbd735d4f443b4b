/** Which models workers serve now, from their heartbeats; asked of the database at most once a second. */
import type { LiveWorker, WorkerStore } from '@scry/shared/database/workers';
import { Problem } from '../http/problems.js';
import { availabilityOf, notServed } from './availability.js';

const FRESH_MS = 1000;
/** So long is a model that was served taken for one that still is, while the database does not answer. */
const BELIEVED_MS = 5000;
const RETRY_AFTER_S = 30;

export class Serving {
  readonly #workers: WorkerStore;
  #asked: Promise<LiveWorker[]> | null = null;
  #askedAt = 0;
  /** Models that workers served when they were last asked about, and when that was. */
  #served: ReadonlySet<string> = new Set();
  #servedAt = Number.NEGATIVE_INFINITY;

  constructor(workers: WorkerStore) {
    this.#workers = workers;
  }

  /**
   * Asks for one more prediction of a model. What was known a moment ago is enough to let it in, so that no request
   * waits for the database; a refusal is made of what is known now.
   * @throws Problem "model-not-served" when no worker serves it and none is expected to
   */
  async admit(model: string): Promise<void> {
    const now = performance.now();
    if (this.#served.has(model) && now - this.#servedAt < BELIEVED_MS) {
      if (now - this.#servedAt > FRESH_MS) this.#refresh();
      return;
    }
    const workers = await this.workers();
    this.#remember(workers);
    if (this.#served.has(model)) return;
    const servedAgo = workers.length > 0 ? await this.#workers.servedAgo() : new Map<string, number>();
    const availability = availabilityOf(model, workers, servedAgo.get(model) ?? null);
    if (availability.state === 'served' || availability.state === 'expected') return;
    throw new Problem(
      'model-not-served',
      `${notServed(model, availability)} Send it again when it is served.`,
      {
        headers: { 'Retry-After': String(RETRY_AFTER_S) },
      },
    );
  }

  #refresh(): void {
    this.#servedAt = performance.now() - FRESH_MS; // one request asks, the others go on with what is known
    void this.workers().then(
      (workers) => this.#remember(workers),
      () => undefined, // what was known is believed for some seconds more
    );
  }

  #remember(workers: readonly LiveWorker[]): void {
    this.#served = new Set(workers.flatMap(({ models }) => models.map(({ name }) => name)));
    this.#servedAt = performance.now();
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
