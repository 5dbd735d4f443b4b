/**
 * Owns what is loaded in this worker, and from which queues it takes predictions.
 *
 *     a version:  known ──▶ loading ──▶ loaded ──▶ unloading ──▶ known …
 *                   ▲          └──▶ failed (tried again after RETRY_MS)
 *                   └── its row is ready or retired; row removed: queue closed ──▶ unloaded ──▶ files removed
 *
 * Labelled and pinned versions are loaded as soon as they are known, others by their first prediction. Predictions of every
 * version that is ready or retired are taken, unless it could not be loaded here. Told of changes by NOTIFY, and looks for
 * itself now and then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerModel } from '@scry/shared/contracts/model';
import { versionKey } from '@scry/shared/contracts/version';
import type { ModelQueueStore } from '@scry/shared/database/model-queues';
import type { Version } from '@scry/shared/database/model-versions';
import type { WorkerBeat } from '@scry/shared/database/workers';
import { idleVersions, makeRoom } from './eviction.js';
import { ManagedVersion, type ManagedVersionParts } from './managed-version.js';
import type { LoadedVersion } from './model-loader.js';

export interface ModelManagerParts extends ManagedVersionParts {
  /** Which models are paused. */
  readonly queues: Pick<ModelQueueStore, 'states'>;
  /** Names of the models that this worker serves; undefined: all. */
  readonly only?: readonly string[] | undefined;
  readonly idleMs: number;
  /** For all loaded versions together; 0: no limit. */
  readonly memoryBytes: number;
  /** Whether what does not load here would load nowhere: a CPU is everywhere. */
  readonly judges: boolean;
  /** Told when what is served or loaded has changed. */
  readonly onChange: () => void;
}

const LOOK_EVERY_MS = 10_000;
/** While there is nothing to serve. */
const WAIT_MS = 1000;
/** A first start has a model by then: what lies in MODELS_DIR was read and tried. */
const NO_MODEL_WARN_MS = 30_000;

export class ModelManager {
  readonly #parts: ModelManagerParts;
  readonly #versions = new Map<string, ManagedVersion>();
  /** Loaded by their check, by key. */
  readonly #checked = new Map<string, LoadedVersion>();
  readonly #stop = new AbortController();
  #news = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  #told = '';
  #starting = true;

  constructor(parts: ModelManagerParts) {
    this.#parts = parts;
  }

  /** Loads what is to be loaded now, waiting for a first version when there is none; then goes on by itself. */
  async start(): Promise<void> {
    const since = performance.now();
    let said = '';
    while (!this.#stop.signal.aborted) {
      const isQuiet = await this.#firstPass();
      if (isQuiet && this.served.length > 0) break;
      if (!isQuiet) continue;
      const isLate = performance.now() - since > NO_MODEL_WARN_MS;
      const { sentence, level } = await this.#nothingToServe(isLate);
      if (`${level} ${sentence}` !== said) this.#parts.log[level](sentence);
      said = `${level} ${sentence}`;
      await this.#pause(WAIT_MS);
    }
    this.#starting = false;
    this.#loop = this.#keepLooking();
  }

  /** Looks at the tables soon. */
  poke(): void {
    this.#news.abort();
  }

  /** What predictions are taken of, loaded or not. */
  get served(): WorkerModel[] {
    return [...this.#versions.values()].flatMap((version) => version.served ?? []);
  }

  /** What could not be loaded, with reasons. */
  get problems(): WorkerBeat['problems'] {
    return [...this.#versions.values()].flatMap(({ version: { name, version }, problem }) =>
      problem === null ? [] : { name, version, message: problem },
    );
  }

  /** Stops looking. What is loaded stays until the pool is closed. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#news.abort();
    await this.#loop;
    await this.#turn;
  }

  /** @returns whether there was nothing left to do */
  async #firstPass(): Promise<boolean> {
    try {
      const checked = await this.#checkUntried();
      await this.#look();
      return checked === 0;
    } catch (error) {
      this.#parts.log.warn(
        { error: (error as Error).message },
        'the models cannot be read yet; trying again',
      );
      await this.#pause(WAIT_MS);
      return false;
    }
  }

  async #nothingToServe(isLate: boolean): Promise<{ sentence: string; level: 'info' | 'warn' | 'error' }> {
    const rejected = await this.#parts.store.list({ states: ['rejected'] });
    const reasons = rejected.map(({ name, version, reason }) => `${name}@${version}: ${reason}`);
    const problems = this.problems.map(({ name, message }) => `${name}: ${message}`);
    const faults = [...reasons, ...problems];
    if (faults.length > 0)
      return { sentence: `${faults.join('; ')}; no model can be served; waiting for one`, level: 'error' };
    return isLate
      ? { sentence: 'there is no model to serve: put one into MODELS_DIR or push one', level: 'warn' }
      : { sentence: 'no model yet; waiting for one', level: 'info' };
  }

  async #keepLooking(): Promise<void> {
    const everyMs = Math.min(LOOK_EVERY_MS, this.#parts.idleMs);
    while (!this.#stop.signal.aborted) {
      await this.#pause(everyMs);
      if (this.#stop.signal.aborted) return;
      await this.#look().catch((error: Error) => {
        this.#parts.log.warn({ error: error.message }, 'the models cannot be read; trying again later');
      });
    }
  }

  /** Until there is news, or the time is over. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#news;
    await sleep(ms, undefined, { signal }).catch(() => undefined); // news ends it early
    if (this.#news.signal === signal) this.#news = new AbortController();
  }

  /**
   * Checks versions from folders that nobody has tried by loading them here: as fast as a start can be. One on which a worker
   * dies is checked in a process of its own the next time.
   */
  async #checkUntried(): Promise<number> {
    const { store, loader, judges, log } = this.#parts;
    const untried = await store.beginUntried(this.#parts.only);
    for (const version of untried) {
      const { name, version: named } = version;
      const loading = await loader.check(version);
      if (loading.ok) {
        this.#checked.set(versionKey(name, named), loading.loaded);
        const { manifest, completed } = loading;
        await store.finishCheck(name, named, { ok: true, manifest, notes: completed });
      } else if (judges && !loading.filesMissing) {
        log.error({ model: name, version: named }, `model rejected: ${loading.problem}`);
        await store.finishCheck(name, named, { ok: false, reason: loading.problem });
      } else await store.leaveCheck(name, named);
    }
    return untried.length;
  }

  /** Brings what is served and loaded in line with the tables. */
  async #look(): Promise<void> {
    const { store, queues, only } = this.#parts;
    const [rows, labels, queueStates] = await Promise.all([
      store.list({ states: ['ready', 'retired'] }),
      store.labels(),
      queues.states(),
    ]);
    const mine = rows.filter(({ name }) => !only || only.includes(name));
    const labelled = new Set(labels.map(({ name, version }) => versionKey(name, version)));
    this.#removeOthers(mine);
    const paused = new Set([...queueStates].flatMap(([name, state]) => (state === 'paused' ? name : [])));
    for (const row of mine) this.#know(row, labelled, paused);
    this.#tell();
    for (const version of this.#versions.values()) {
      if (this.#stop.signal.aborted) return;
      if (version.isDue) await this.#load(version, false);
    }
    await this.#inTurn(() =>
      this.#unload(idleVersions(this.#inMemory(), performance.now(), this.#parts.idleMs)),
    );
    this.#tell();
  }

  #know(row: Version, labelled: ReadonlySet<string>, paused: ReadonlySet<string>): void {
    const key = versionKey(row.name, row.version);
    let version = this.#versions.get(key);
    if (!version) {
      version = new ManagedVersion(row, this.#parts, (asked) => this.#load(asked, true));
      this.#versions.set(key, version);
    }
    if (version.removing) return;
    version.update(row, labelled.has(key), paused.has(row.name));
    const checked = this.#checked.get(key);
    if (checked) version.isLoaded(checked);
    this.#checked.delete(key);
  }

  #removeOthers(rows: readonly Version[]): void {
    const there = new Map(rows.map((row) => [versionKey(row.name, row.version), row.id]));
    for (const [key, version] of this.#versions) {
      if (there.get(key) === version.version.id || version.removing) continue;
      const removing = version.remove().catch((error: Error) => {
        this.#parts.log.error(
          { error: error.message, model: key },
          'what a removed version took is not free',
        );
      });
      void removing.then(() => {
        this.#versions.delete(key);
        this.poke(); // there may be another version of this name by now
      });
    }
  }

  /** Loads a version, after others have made room. @param asked whether a prediction waits for it */
  #load(version: ManagedVersion, asked: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!version.canLoad || this.#stop.signal.aborted) return;
      const going = makeRoom(this.#inMemory(), version.bytes, this.#parts.memoryBytes, asked);
      if (!going) return;
      await this.#unload(going);
      await version.load(this.#starting);
      this.#tell();
    });
  }

  /** One after the other, so that each sees what the last one left of the memory. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined); // told to whoever asked for it
    return done;
  }

  async #unload(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#versions.get(key)?.unload();
  }

  #inMemory() {
    return [...this.#versions.values()].filter(({ inMemory }) => inMemory);
  }

  #tell(): void {
    const now = JSON.stringify([this.served, this.problems]);
    if (now !== this.#told && !this.#starting) this.#parts.onChange();
    this.#told = now;
  }
}
