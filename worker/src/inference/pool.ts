/**
 * Owns the inference threads. Every thread has every version that is loaded, so any of them can run any batch. Versions are
 * loaded and unloaded thread by thread, so that the others go on answering.
 *
 *     a version:  (load) ──▶ in some threads ──▶ in all, and in every replacement ──▶ (unload) in some ──▶ in none
 *
 * A batch waits here until a thread is free and only then gets its deadline, so neither waiting nor the loading of a
 * replacement counts against it.
 */
import './no-telemetry.js';
import { versionKey } from '@scry/shared/contracts/version';
import type { Model } from '@scry/shared/models/model-folders';
import { oneLine } from '../models/manifest-problem.js';
import type { Device } from './engines/engine.js';
import type { EngineModules } from './engines/registry.js';
import { InferenceThread, ThreadTimeout } from './inference-thread.js';
import type { ModelReport, ThreadResult } from './thread.js';
import type { InferenceItem } from './thread-model.js';

export type { LoadedReport, ModelReport, ThreadResult } from './thread.js';
export type { InferenceItem } from './thread-model.js';

export interface InferencePoolOptions {
  readonly threads: number;
  readonly device: Device | 'auto';
  /** CPU threads that one run may use: the CPUs granted, shared among the inference threads. */
  readonly intraOpThreads: number;
  /** A batch that runs longer has its thread replaced, seconds. */
  readonly timeoutS: number;
  /** A model that takes longer to load in one thread is not served, seconds; 300 when left out. */
  readonly loadTimeoutS?: number;
  /** Told when a thread was lost, in one sentence; `threadsLeft` of 0 means that this pool cannot go on. */
  readonly onThreadLost?: (sentence: string, threadsLeft: number) => void;
  /** Engines that add to or replace the built-in ones. */
  readonly engines?: EngineModules;
}

/** A batch that ran longer than it may. Its thread was replaced; the batch may be tried again. */
export class InferenceTimeout extends Error {}

/** A batch whose run threw, or whose thread died. It may be tried again. */
export class InferenceFailed extends Error {}

const LOAD_TIMEOUT_S = 300;

export class InferencePool {
  readonly #options: InferencePoolOptions;
  readonly #threads: InferenceThread[] = [];
  /** Loaded in every thread, and to be loaded by a replacement. */
  readonly #loaded = new Map<string, { readonly model: Model; readonly report: ModelReport }>();
  readonly #free: InferenceThread[] = [];
  /** Threads that somebody was given. */
  readonly #taken = new Set<InferenceThread>();
  /** Batches that wait for any thread; null: the pool was closed. */
  readonly #waiting: ((thread: InferenceThread | null) => void)[] = [];
  /** Loads and unloads that wait for one thread: they go first, or a busy pool would never load anything. */
  readonly #turns = new Map<InferenceThread, ((thread: InferenceThread | null) => void)[]>();
  #changes: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: InferencePoolOptions) {
    this.#options = options;
  }

  /**
   * Loads several models, each in all threads at the same time: for a start, when nobody waits for answers yet.
   * @returns one report per model, in order; a model serves only when every thread could load it
   */
  async start(models: readonly Model[]): Promise<readonly ModelReport[]> {
    const reports: ModelReport[] = [];
    for (const model of models) reports.push(await this.load(model, { atOnce: true }));
    return reports;
  }

  /**
   * Loads a version in every thread, one after the other. One that is loaded stays as it is.
   * @param atOnce in all threads at the same time
   * @returns the report of the thread that could not load it, in which case it is in none; else of the first
   */
  load(model: Model, { atOnce = false } = {}): Promise<ModelReport> {
    return this.#change(() => this.#load(model, atOnce));
  }

  /** Frees a version in every thread. What still runs on it ends before. @param key of the version */
  unload(key: string): Promise<void> {
    return this.#change(async () => {
      this.#loaded.delete(key);
      await this.#unload(key);
    });
  }

  /** Devices that this machine lacks, as far as models asked for them, with the reason. */
  get absent(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.#threads.map(({ absent }) => absent)) as Record<string, string>;
  }

  /** Threads that can run a batch now or after the one they run. */
  get threadsReady(): number {
    return this.#threads.filter(({ ready }) => ready).length;
  }

  /**
   * Runs one batch.
   * @param key of a version that is loaded
   * @param items pixels are transferred to the thread: their buffers are empty afterwards
   * @throws InferenceTimeout, InferenceFailed
   */
  async run(key: string, items: readonly InferenceItem[]): Promise<ThreadResult> {
    if (this.#closed) throw new InferenceFailed('the inference pool is closed');
    this.#open();
    const thread = await this.#take();
    if (!thread) throw new InferenceFailed('the inference pool is closed');
    const { timeoutS } = this.#options;
    try {
      const transfer = items.map(({ pixels }) => pixels.buffer as ArrayBuffer);
      return (await thread.ask({ run: key, items }, timeoutS * 1000, transfer)) as ThreadResult;
    } catch (error) {
      if (!(error instanceof ThreadTimeout))
        throw new InferenceFailed(`${key}: ${oneLine(error)}`, { cause: error });
      throw new InferenceTimeout(
        `${key}: a batch of ${items.length} ran longer than ${timeoutS} s; its inference thread is being replaced`,
      );
    } finally {
      this.#release(thread);
    }
  }

  /** Ends the threads, whatever they do. What still runs or waits fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const next of this.#waiting.splice(0)) next(null);
    for (const turns of this.#turns.values()) for (const next of turns.splice(0)) next(null);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** One change at a time. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined); // told to whoever asked for it
    return done;
  }

  async #load(model: Model, atOnce: boolean): Promise<ModelReport> {
    this.#open();
    const key = versionKey(model.name, model.version);
    let report = this.#loaded.get(key)?.report;
    // A thread that was replaced meanwhile has to load it again.
    for (let lacking = this.#lacking(key); lacking.length > 0; lacking = this.#lacking(key)) {
      const next = atOnce ? lacking : lacking.slice(0, 1);
      const reports = await Promise.all(next.map((thread) => this.#with(thread, () => thread.load(model))));
      const failed = reports.find(({ ok }) => !ok);
      if (failed) {
        await this.#unload(key);
        return failed;
      }
      report ??= reports[0];
    }
    if (!report) throw new InferenceFailed('no inference thread is left');
    this.#loaded.set(key, { model, report });
    return report;
  }

  async #unload(key: string): Promise<void> {
    for (const thread of this.#threads.filter(({ alive }) => alive))
      await this.#with(thread, () => thread.unload(key));
  }

  #lacking(key: string): InferenceThread[] {
    return this.#threads.filter((thread) => thread.alive && !thread.has(key));
  }

  /** Starts the threads when they are first needed. */
  #open(): void {
    const { threads, device, intraOpThreads, engines = {}, loadTimeoutS = LOAD_TIMEOUT_S } = this.#options;
    if (this.#threads.length > 0 || this.#closed) return;
    for (let index = 0; index < threads; index++) {
      const thread = new InferenceThread({
        data: { device, intraOpThreads, engines },
        loadTimeoutMs: loadTimeoutS * 1000,
        models: () => [...this.#loaded.values()].map(({ model }) => model),
        onReady: (ready) => this.#offer(ready),
        onLost: (sentence) => this.#lost(thread, sentence),
      });
      this.#threads.push(thread);
      this.#free.push(thread);
    }
  }

  #lost(thread: InferenceThread, sentence: string): void {
    const place = this.#free.indexOf(thread);
    if (place >= 0) this.#free.splice(place, 1);
    if (!thread.alive) for (const next of this.#turns.get(thread)?.splice(0) ?? []) next(null);
    this.#options.onThreadLost?.(sentence, this.#threads.filter(({ alive }) => alive).length);
  }

  /** The thread that was free for longest, or the next one. @returns null when the pool is closed meanwhile */
  async #take(): Promise<InferenceThread | null> {
    const thread = this.#free.shift();
    if (!thread) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#taken.add(thread);
    return thread;
  }

  #release(thread: InferenceThread): void {
    this.#taken.delete(thread);
    this.#offer(thread);
  }

  /** Hands a thread to who has waited longest, loads and unloads first; one that is being replaced comes again when it is ready. */
  #offer(thread: InferenceThread): void {
    if (!thread.free || this.#taken.has(thread) || this.#free.includes(thread)) return;
    const next = this.#turns.get(thread)?.shift() ?? this.#waiting.shift();
    if (!next) {
      this.#free.push(thread);
      return;
    }
    this.#taken.add(thread);
    next(thread);
  }

  /** Does something with one thread when its turn has come. @throws InferenceFailed when the thread or the pool came to its end */
  async #with<T>(thread: InferenceThread, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new InferenceFailed('the inference pool is closed');
    const place = this.#free.indexOf(thread);
    if (place >= 0) {
      this.#free.splice(place, 1);
      this.#taken.add(thread);
    } else if (!(await this.#turn(thread))) throw new InferenceFailed('an inference thread came to its end');
    try {
      return await work();
    } finally {
      this.#release(thread);
    }
  }

  #turn(thread: InferenceThread): Promise<InferenceThread | null> {
    const turns = this.#turns.get(thread) ?? [];
    this.#turns.set(thread, turns);
    return new Promise((resolve) => turns.push(resolve));
  }
}
