/**
 * Gathers single calls into batches. Used where one big step is cheaper than many small ones: inference,
 * inserting rows, writing results, reading rows.
 *
 * `planBatch` decides, purely; `Batcher` owns the waiting items and the running batches, and only waits and calls.
 * An item moves waiting → running → settled; `close()` lets everything that waits run first.
 */

export interface BatchLimits {
  /** Items in one batch at the most. */
  readonly max: number;
  /** How long the first item waits for company while more may come, milliseconds; 0 runs as soon as there is room. */
  readonly delayMs: number;
  /** Batches that may run at the same time. */
  readonly parallel: number;
}

export interface BatchSituation {
  readonly waiting: number;
  readonly running: number;
  /** Since the oldest waiting item came, milliseconds. */
  readonly oldestMs: number;
  /** False when nothing else is on its way, so that waiting for company would be in vain. */
  readonly moreExpected: boolean;
}

/** What to do now: run so many items, wait so many milliseconds, or do nothing until something changes. */
export type BatchPlan = { readonly run: number } | { readonly waitMs: number } | 'idle';

/** Chooses the next step. Pure, so it is tested without a clock. */
export function planBatch(limits: BatchLimits, now: BatchSituation): BatchPlan {
  if (now.waiting === 0 || now.running >= limits.parallel) return 'idle';
  if (now.waiting >= limits.max) return { run: limits.max };
  const waitMs = limits.delayMs - now.oldestMs;
  if (waitMs <= 0 || !now.moreExpected) return { run: now.waiting };
  return { waitMs };
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly since: number;
  readonly resolve: (value: Out) => void;
  readonly reject: (reason: unknown) => void;
}

export interface BatcherOptions<In, Out> extends BatchLimits {
  /** Does a batch; answers in the order of the items. A throw rejects every item of the batch, unless `failsAlone`. */
  readonly run: (items: In[]) => Promise<readonly Out[]>;
  /** Tells whether more items are on their way; asked when a batch could start but is not full. Default: yes. */
  readonly moreExpected?: () => boolean;
  /**
   * Whether a batch that failed so is run again one item at a time, so that one bad item fails alone. Only for `run`s that
   * leave nothing behind when they throw, and not for faults that pass: those would be met once for every item. Default: no.
   */
  readonly failsAlone?: (error: unknown) => boolean;
}

export class Batcher<In, Out> {
  readonly #options: BatcherOptions<In, Out>;
  #waiting: Waiting<In, Out>[] = [];
  #running = 0;
  #timer: NodeJS.Timeout | null = null;
  #soon: NodeJS.Immediate | null = null;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: BatcherOptions<In, Out>) {
    this.#options = options;
  }

  /** Items that have come and not yet started. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Adds one item; resolves with its answer. @throws what `run` threw, or Error after `close()` */
  add(item: In): Promise<Out> {
    if (this.#closed) return Promise.reject(new Error('the batcher is closed'));
    return new Promise<Out>((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), resolve, reject });
      this.#stepSoon();
    });
  }

  /** Looks again, after something outside changed `moreExpected`. */
  poke(): void {
    this.#step();
  }

  /** Runs what waits, then resolves. Later calls of `add` are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#step();
    if (this.#waiting.length === 0 && this.#running === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Looks when this turn of the event loop is over, so that items that come together go together. */
  #stepSoon(): void {
    if (this.#waiting.length >= this.#options.max) this.#step();
    else this.#soon ??= setImmediate(() => this.#step());
  }

  #step(): void {
    if (this.#soon) clearImmediate(this.#soon);
    this.#soon = null;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (;;) {
      const plan = planBatch(this.#options, {
        waiting: this.#waiting.length,
        running: this.#running,
        oldestMs: performance.now() - (this.#waiting[0]?.since ?? 0),
        moreExpected: !this.#closed && (this.#options.moreExpected?.() ?? true),
      });
      if (plan === 'idle') break;
      if ('waitMs' in plan) {
        this.#timer = setTimeout(() => this.#step(), plan.waitMs);
        break;
      }
      void this.#run(this.#waiting.splice(0, plan.run));
    }
    if (this.#waiting.length === 0 && this.#running === 0)
      for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #run(batch: Waiting<In, Out>[]): Promise<void> {
    this.#running++;
    try {
      await this.#attempt(batch);
    } finally {
      this.#running--;
      this.#step();
    }
  }

  async #attempt(batch: Waiting<In, Out>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map((waiting) => waiting.item));
      if (answers.length !== batch.length)
        throw new Error(`a batch of ${batch.length} gave ${answers.length} answers`);
      for (const [index, waiting] of batch.entries()) waiting.resolve(answers[index] as Out);
    } catch (error) {
      if (batch.length > 1 && this.#options.failsAlone?.(error))
        for (const waiting of batch) await this.#attempt([waiting]);
      else for (const waiting of batch) waiting.reject(error);
    }
  }
}
