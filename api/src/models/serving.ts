/** Which models workers serve now, from their heartbeats; asked of the database at most once a second. */
import { versionKey } from '@scry/shared/contracts/version';
import type { LiveWorker, WorkerStore } from '@scry/shared/database/workers';
import { Problem } from '../http/problems.js';
import { availabilityOf, notServed } from './availability.js';

const FRESH_MS = 1000;
/** So long is a model that was served taken for one that still is, while the database does not answer. */
const BELIEVED_MS = 5000;
const RETRY_AFTER_S = 30;
/** Workers have heard of a new version, loaded it or said why not, within this time. */
const NEWS_MS = 20_000;

export class Serving {
  readonly #workers: WorkerStore;
  #asked: Promise<LiveWorker[]> | null = null;
  #askedAt = 0;
  /** Versions (`name@version`) that workers served when they were last asked about, and when that was. */
  #served: ReadonlySet<string> = new Set();
  #servedAt = Number.NEGATIVE_INFINITY;

  constructor(workers: WorkerStore) {
    this.#workers = workers;
  }

  /**
   * Asks for one more prediction of a version. What was known a moment ago is enough to let it in, so that no request
   * waits for the database; a refusal is made of what is known now.
   * @param readySince when the version became ready: workers take a moment to hear of it
   * @throws Problem "model-not-served" when no worker serves it and none is expected to
   */
  async admit(key: string, readySince: Date | null): Promise<void> {
    const now = performance.now();
    if (this.#served.has(key) && now - this.#servedAt < BELIEVED_MS) {
      if (now - this.#servedAt > FRESH_MS) this.#refresh();
      return;
    }
    const workers = await this.workers();
    this.#remember(workers);
    if (this.#served.has(key)) return;
    const servedAgo = workers.length > 0 ? await this.#workers.servedAgo() : new Map<string, number>();
    const isNew = readySince !== null && Date.now() - readySince.getTime() < NEWS_MS;
    const availability = availabilityOf(key, workers, servedAgo.get(key) ?? (isNew ? 0 : null));
    if (availability.state === 'served' || availability.state === 'expected') return;
    throw new Problem(
      'model-not-served',
      `${notServed(key, availability)} Send it again when it is served.`,
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
    this.#served = new Set(
      workers.flatMap(({ models }) => models.map(({ name, version }) => versionKey(name, version))),
    );
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
