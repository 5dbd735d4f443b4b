/** Which models workers serve now, from their heartbeats; asked of the database at most once a second. */
import { versionKey } from '@scry/shared/contracts/version';
import type { LiveWorker, WorkerStore } from '@scry/shared/database/workers';
import { Memo } from '@scry/shared/runtime/memo';
import { Problem } from '../http/problem.js';
import { availabilityOf, notServed } from './availability.js';

const FRESH_MS = 1000;
/** So long is a model that was served taken for one that still is, while the database does not answer. */
const BELIEVED_MS = 5000;
const RETRY_AFTER_S = 30;
/** Workers have heard of a new version, loaded it or said why not, within this time. */
const NEWS_MS = 20_000;

/** What heartbeats said. */
interface Heard {
  readonly workers: LiveWorker[];
  /** Versions (`name@version`) that they serve. */
  readonly served: ReadonlySet<string>;
}

function heardOf(workers: LiveWorker[]): Heard {
  const models = workers.flatMap((worker) => worker.models);
  return { workers, served: new Set(models.map(({ name, version }) => versionKey(name, version))) };
}

export class Serving {
  readonly #workers: WorkerStore;
  readonly #heard: Memo<Heard>;

  constructor(workers: WorkerStore) {
    this.#workers = workers;
    this.#heard = new Memo({ ask: async () => heardOf(await workers.live()), freshMs: FRESH_MS });
  }

  /**
   * Asks for one more prediction of a version. What was known a moment ago is enough to let it in, so that no request
   * waits for the database; a refusal is made of what is known now.
   * @param readySince when the version became ready: workers take a moment to hear of it
   * @throws Problem "model-not-served" when no worker serves it and none is expected to
   */
  async admit(key: string, readySince: Date | null): Promise<void> {
    if ((await this.#heard.recent(BELIEVED_MS)).served.has(key)) return;
    const { workers, served } = await this.#heard.get();
    if (served.has(key)) return;
    const servedAgo = workers.length > 0 ? await this.#workers.servedAgo() : new Map<string, number>();
    const isNew = readySince !== null && Date.now() - readySince.getTime() < NEWS_MS;
    const availability = availabilityOf(key, workers, servedAgo.get(key) ?? (isNew ? 0 : null));
    if (availability.state === 'served' || availability.state === 'expected') return;
    throw new Problem(
      'model-not-served',
      `${notServed(key, availability)} Send it again when it is served.`,
      { headers: { 'Retry-After': String(RETRY_AFTER_S) } },
    );
  }

  /** Workers heard of lately. */
  async workers(): Promise<LiveWorker[]> {
    return (await this.#heard.get()).workers;
  }
}
