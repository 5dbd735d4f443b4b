/**
 * One inference thread and its replacements. Owns the thread, what is loaded in it, and the request that it works on.
 *
 *     starting (loads what the pool has loaded) ──▶ free ⇄ busy ──▶ (deadline passed, or it died) ──▶ starting …
 *         └── died so RESTARTS times in a row ──▶ given up                                closed
 */
import { Worker } from 'node:worker_threads';
import { versionKey } from '@scry/shared/contracts/version';
import type { Model } from '@scry/shared/models/model-folders';
import { threadFile } from '@scry/shared/runtime/thread-file';
import { oneLine } from '../models/manifest-problem.js';
import type { ModelReport, ThreadData, ThreadLoaded, ThreadReply, ThreadRequest } from './thread.js';

const SCRIPT = threadFile(import.meta.url, './thread.js');
/** So many replacements in a row that die before they are ready: the next would die, too. */
const RESTARTS = 3;

/** The thread did not answer in time and is being replaced. */
export class ThreadTimeout extends Error {}

export interface InferenceThreadOptions {
  readonly data: ThreadData;
  /** Longest that loading one model may take, milliseconds. */
  readonly loadTimeoutMs: number;
  /** What a replacement has to load. */
  readonly models: () => Iterable<Model>;
  /** Told when a replacement is ready. */
  readonly onReady: (thread: InferenceThread) => void;
  /** Told when the thread was lost, in a sentence; it is being replaced, or given up. */
  readonly onLost: (sentence: string) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class InferenceThread {
  readonly #options: InferenceThreadOptions;
  readonly #loaded = new Set<string>();
  readonly #absent: Record<string, string> = {};
  #worker: Worker;
  #pending: Pending | null = null;
  #state: 'starting' | 'ready' | 'given up' | 'closed' = 'ready';
  #diedStarting = 0;

  constructor(options: InferenceThreadOptions) {
    this.#options = options;
    this.#worker = this.#spawn();
  }

  /** Whether it takes requests, now or after the one it works on. */
  get ready(): boolean {
    return this.#state === 'ready';
  }

  /** Whether it can be given a request now. */
  get free(): boolean {
    return this.#state === 'ready' && this.#pending === null;
  }

  /** False once its replacements die one after the other. */
  get alive(): boolean {
    return this.#state === 'ready' || this.#state === 'starting';
  }

  /** Devices that this machine lacks, as far as models asked for them, with the reason. */
  get absent(): Readonly<Record<string, string>> {
    return this.#absent;
  }

  /** @param key of a version */
  has(key: string): boolean {
    return this.#loaded.has(key);
  }

  /** Loads a model. A thread that dies or hangs on it gives a report that says so. Only while it is free. */
  async load(model: Model): Promise<ModelReport> {
    const { name, version } = model;
    try {
      const loaded = await this.ask({ load: model }, this.#options.loadTimeoutMs);
      const { report, absent } = loaded as ThreadLoaded;
      Object.assign(this.#absent, absent);
      if (report.ok) this.#loaded.add(versionKey(name, version));
      return report;
    } catch (error) {
      const problem =
        error instanceof ThreadTimeout
          ? `loading it took longer than ${this.#options.loadTimeoutMs / 1000} s`
          : `loading it ended its inference thread (${oneLine(error)})`;
      return { name, version, ok: false, notes: [], problem };
    }
  }

  /** Frees what a version takes. Only while it is free. */
  async unload(key: string): Promise<void> {
    if (!this.#loaded.delete(key)) return;
    const worker = this.#worker;
    await this.ask({ unload: key }, this.#options.loadTimeoutMs).catch((error: unknown) => {
      if (worker === this.#worker) throw error; // else it was lost over it, and its replacement does not have it
    });
  }

  /**
   * Sends one request. Only while it is free.
   * @param transfer buffers that move to the thread
   * @throws ThreadTimeout, or Error with the words of the engine or of the thread's end
   */
  ask(request: ThreadRequest, timeoutMs: number, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle()?.reject(new ThreadTimeout(`no answer within ${timeoutMs} ms`));
        this.#lost('an inference thread was lost');
      }, timeoutMs);
      this.#pending = { resolve, reject, timer };
      try {
        this.#worker.postMessage(request, transfer);
      } catch (error) {
        this.#settle()?.reject(error as Error);
      }
    });
  }

  /** Ends the thread, whatever it does. What it works on fails. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#settle()?.reject(new Error('the inference pool is closed'));
    await this.#worker.terminate();
  }

  #spawn(): Worker {
    const worker = new Worker(SCRIPT, { workerData: this.#options.data });
    worker.on('message', (reply: ThreadReply) => {
      if (worker !== this.#worker) return;
      const pending = this.#settle();
      if ('error' in reply) pending?.reject(new Error(reply.error));
      else pending?.resolve(reply.value);
    });
    let reason = '';
    worker.on('error', (error) => {
      reason = oneLine(error);
    });
    worker.on('exit', (code) => {
      if (worker !== this.#worker || this.#state === 'closed') return;
      this.#settle()?.reject(new Error(reason || `the inference thread ended with exit code ${code}`));
      this.#lost(reason ? `an inference thread died: ${reason}` : 'an inference thread was lost');
    });
    return worker;
  }

  #settle(): Pending | null {
    const pending = this.#pending;
    this.#pending = null;
    if (pending) clearTimeout(pending.timer);
    return pending;
  }

  /** Replaces the thread, in the same step in which it was found lost. */
  #lost(sentence: string): void {
    if (this.#state === 'closed') return;
    const old = this.#worker;
    this.#loaded.clear();
    if (this.#state === 'starting') this.#diedStarting++;
    if (this.#diedStarting >= RESTARTS) this.#state = 'given up';
    else {
      this.#state = 'starting';
      this.#worker = this.#spawn();
      void this.#start(this.#worker);
    }
    this.#options.onLost(sentence);
    void old.terminate();
  }

  async #start(worker: Worker): Promise<void> {
    for (const model of [...this.#options.models()]) {
      await this.load(model);
      if (worker !== this.#worker || this.#state !== 'starting') return; // lost again, or closed
    }
    this.#diedStarting = 0;
    this.#state = 'ready';
    this.#options.onReady(this);
  }
}
