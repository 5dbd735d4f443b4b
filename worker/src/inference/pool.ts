/**
 * Owns the inference threads. Every thread loads every model, so any of them can run any batch.
 *
 *     a thread:  loading ──▶ free ◀──▶ running ──▶ (deadline passed, or it died) ──▶ replaced: loading
 *
 * A batch waits here until a thread is free and only then gets its deadline, so neither waiting nor the loading of a
 * replacement counts against it.
 */
import type { Model } from '@scry/shared/models/model-folders';
import { Slots } from '@scry/shared/runtime/slots';
import { threadFile } from '@scry/shared/runtime/thread-file';
import { Piscina } from 'piscina';
import { oneLine } from '../models/manifest-problem.js';
import type { Device } from './engines/engine.js';
import type { EngineModules } from './engines/registry.js';
import type { ModelReport, ThreadData, ThreadReady, ThreadResult, ThreadTask } from './thread.js';
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
  /** Told when a thread was lost, in one sentence; `threadsLeft` of 0 means that this pool cannot go on. */
  readonly onThreadLost?: (sentence: string, threadsLeft: number) => void;
  /** Engines that add to or replace the built-in ones. */
  readonly engines?: EngineModules;
}

/** A batch that ran longer than it may. Its thread was replaced; the batch may be tried again. */
export class InferenceTimeout extends Error {}

/** A batch whose run threw, or whose thread died. It may be tried again. */
export class InferenceFailed extends Error {}

export class InferencePool {
  readonly #options: InferencePoolOptions;
  #pool: Piscina<ThreadTask, ThreadResult> | null = null;
  readonly #ready = new Set<number>();
  readonly #absent: Record<string, string> = {};
  /** One for every thread that is ready. */
  readonly #slots = new Slots(0);

  constructor(options: InferencePoolOptions) {
    this.#options = options;
  }

  /**
   * Starts the threads; resolves when every one has loaded what it can.
   * @returns one report per model, in order; a model serves only when every thread could load it
   * @throws Error when a thread dies while it loads
   */
  async start(models: readonly Model[]): Promise<readonly ModelReport[]> {
    const { threads, device, intraOpThreads, engines = {} } = this.#options;
    const workerData: ThreadData = { models, device, intraOpThreads, engines };
    const pool = new Piscina<ThreadTask, ThreadResult>({
      filename: threadFile(import.meta.url, './thread.js'),
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      workerData,
      recordTiming: false,
    });
    this.#pool = pool;
    const all = await new Promise<ThreadReady[]>((resolve, reject) => {
      const started: ThreadReady[] = [];
      pool.on('message', (message: ThreadReady) => {
        this.#threadReady(message.ready);
        if (started.push(message) === threads) resolve(started);
      });
      pool.on('workerDestroy', (worker: { id: number }) => this.#threadGone(pool, worker.id));
      pool.on('error', (error: Error) => {
        reject(error);
        this.#lost(`an inference thread died: ${oneLine(error)}`);
      });
      for (const thread of pool.threads) thread.ref(); // else the process may end while they load
    }).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    for (const { absent } of all) Object.assign(this.#absent, absent);
    return models.map((_, index) => worst(all.map(({ reports }) => reports[index] as ModelReport)));
  }

  /** Devices that this machine lacks, as far as models asked for them, with the reason. */
  get absent(): Readonly<Record<string, string>> {
    return this.#absent;
  }

  /** Threads that can run a batch now or after the one they run. */
  get threadsReady(): number {
    return this.#ready.size;
  }

  /**
   * Runs one batch.
   * @param items pixels are transferred to the thread: their buffers are empty afterwards
   * @throws InferenceTimeout, InferenceFailed
   */
  async run(model: string, items: readonly InferenceItem[]): Promise<ThreadResult> {
    await this.#slots.take();
    try {
      return await this.#runNow(model, items);
    } finally {
      this.#slots.give();
    }
  }

  /** Ends the threads, whatever they do. What still runs or waits fails. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    this.#slots.resize(Number.POSITIVE_INFINITY); // lets those that wait find out
    await pool?.destroy();
  }

  async #runNow(model: string, items: readonly InferenceItem[]): Promise<ThreadResult> {
    const pool = this.#pool;
    if (!pool) throw new InferenceFailed('the inference pool is closed');
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#options.timeoutS * 1000);
    try {
      const transferList = items.map(({ pixels }) => pixels.buffer as ArrayBuffer);
      return await pool.run({ model, items }, { signal: deadline.signal, transferList });
    } catch (error) {
      throw this.#explain(error, deadline.signal.aborted, model, items.length);
    } finally {
      clearTimeout(timer);
    }
  }

  #explain(error: unknown, timedOut: boolean, model: string, size: number): Error {
    if (!timedOut) return new InferenceFailed(`${model}: ${oneLine(error)}`, { cause: error });
    const { timeoutS } = this.#options;
    return new InferenceTimeout(
      `${model}: a batch of ${size} ran longer than ${timeoutS} s; its inference thread is being replaced`,
    );
  }

  #lost(sentence: string): void {
    if (this.#pool) this.#options.onThreadLost?.(sentence, this.#pool.threads.length);
  }

  #threadReady(id: number): void {
    this.#ready.add(id);
    this.#countReady();
  }

  #threadGone(pool: Piscina, id: number): void {
    this.#ready.delete(id);
    // One that died by itself has lost its number: keep those that live.
    const living = new Set(pool.threads.map((thread) => thread.threadId));
    for (const ready of this.#ready) if (!living.has(ready)) this.#ready.delete(ready);
    this.#countReady();
    queueMicrotask(() => this.#lost('an inference thread was lost')); // by then its replacement is on its way
  }

  #countReady(): void {
    if (this.#pool) this.#slots.resize(this.#ready.size);
  }
}

/** Threads load the same files; when one could not, that is the report. */
function worst(reports: readonly ModelReport[]): ModelReport {
  return reports.find((report) => !report.ok) ?? (reports[0] as ModelReport);
}
