/**
 * Takes jobs from any number of queues with one source of jobs, whatever their number: an idle queue costs neither a
 * connection nor a poll of its own. Owns what runs here, and for each queue how many jobs it is said to hold.
 *
 *     a queue:  open ──(close)──▶ draining (takes no more, what runs ends) ──▶ closed
 *     a job:    taken ──▶ running (its lock is renewed) ──▶ settling ──▶ gone, or handed back
 *
 * Each queue has its own number of places, so a busy queue never keeps another one waiting. Queues may share a number besides,
 * which bounds what runs at once; each of them then has one place at least.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../runtime/log.js';
import { pause } from '../runtime/pause.js';
import { ThrottledLog } from '../runtime/throttled-log.js';
import { endOfFailure, type JobEnd, type JobOutcome, type TakenJob } from './job.js';
import { type HeldJob, keepRenewing } from './lock-renewal.js';
import { divide, type SharedPlaces } from './shared-places.js';
import { JobLost, type JobSource, LOCK_MS, LOOK_EVERY_MS, type SourceEvents, type Want } from './source.js';

export interface JobHandler<T> {
  /** Jobs of this queue that run at the same time. */
  readonly concurrency: number;
  /** Shared with other queues, all of whose jobs together it bounds. */
  readonly places?: SharedPlaces;
  /** Does one job. A throw is a failed attempt. */
  readonly process: (job: TakenJob<T>) => Promise<JobOutcome>;
}

/** A queue that jobs are taken from. */
export interface Subscription {
  /** Takes no more jobs; resolves when those that run have ended. */
  close(): Promise<void>;
}

interface QueueState {
  readonly name: string;
  readonly handler: JobHandler<never>;
  readonly running: Set<HeldJob>;
  /** Timers for jobs that were put off here. */
  readonly timers: Set<NodeJS.Timeout>;
  /** How many jobs are said to be there to be taken. */
  announced: number;
  closing: (() => void)[] | null;
}

const RETRY_MS = { first: 100, most: 5000 } as const;
/** After this long without a lock the job is somebody else's, and trying to settle it is of no use. */
const SETTLE_PATIENCE_MS = 2 * LOCK_MS;
/** Faults shorter than this are not reported. */
const TOLERATED_MS = 3000;

export class JobConsumer {
  readonly #source: JobSource;
  readonly #log: ThrottledLog;
  readonly #queues = new Map<string, QueueState>();
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[];
  #lookNow = new AbortController();
  #lookedAt = performance.now();
  /** The rounds that are under way, or were. */
  #taking: Promise<void> = Promise.resolve();
  #isTaking = false;
  /** Jobs on their way back to their queues. */
  readonly #returning = new Set<Promise<void>>();
  #failingSince: number | null = null;
  #failure = '';
  #retryMs: number = RETRY_MS.first;

  constructor(open: (events: SourceEvents) => JobSource, log: Logger) {
    this.#log = new ThrottledLog(log);
    this.#source = open({
      onAdded: (queue, count) => this.#announce(queue, count),
      onReconnected: () => this.#lookNow.abort(),
    });
    const held = () => [...this.#queues.values()].flatMap((state) => [...state.running]);
    this.#loops = [this.#keepLooking(), keepRenewing(this.#source, held, this.#log, this.#stop.signal)];
  }

  /** Begins to take jobs from a queue. @throws Error when it is consumed here already */
  add<T>(queue: string, handler: JobHandler<T>): Subscription {
    if (this.#queues.has(queue)) throw new Error(`the queue "${queue}" is consumed already`);
    const state: QueueState = {
      name: queue,
      handler: handler as JobHandler<never>,
      running: new Set(),
      timers: new Set(),
      announced: 0,
      closing: null,
    };
    this.#queues.set(queue, state);
    this.#source.subscribe(queue);
    this.#lookNow.abort();
    return { close: () => this.#drain(state) };
  }

  /** Why jobs cannot be taken, in a sentence; null when they can. */
  problem(): string | null {
    const now = performance.now();
    if (this.#failingSince !== null && now - this.#failingSince > TOLERATED_MS)
      return `jobs could not be taken for ${Math.round((now - this.#failingSince) / 1000)} s: ${this.#failure}`;
    const silentMs = now - this.#lookedAt - LOOK_EVERY_MS;
    if (silentMs > TOLERATED_MS)
      return `the queue has not answered for ${Math.round(silentMs / 1000)} s${this.#failure && `: ${this.#failure}`}`;
    return null;
  }

  /** Hands back what still runs, at no cost to it, before the process leaves it behind. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    const jobs = [...this.#queues.values()].flatMap((state) => [...state.running].map(({ job }) => job));
    await this.#source.release(jobs);
  }

  /** Takes no more jobs, waits for those that run, and closes the source. */
  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((state) => this.#drain(state)));
    this.#stop.abort();
    await this.#source.close(); // ends what still waits for a server that is unavailable
    // A look that waits for a server which is unavailable never ends, nor does it keep the process.
    await Promise.race([Promise.all(this.#loops), sleep(TOLERATED_MS, undefined, { ref: false })]);
  }

  async #drain(state: QueueState): Promise<void> {
    if (!state.closing) this.#source.unsubscribe(state.name);
    const waiting = state.closing ?? [];
    state.closing = waiting;
    for (const timer of state.timers) clearTimeout(timer);
    // What is on its way is handed back; a server that is unavailable is not waited for.
    await Promise.race([this.#taking, sleep(TOLERATED_MS, undefined, { ref: false })]);
    await Promise.all(this.#returning);
    if (state.running.size > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    if (this.#queues.get(state.name) === state) this.#queues.delete(state.name);
  }

  #announce(queue: string, count: number): void {
    const state = this.#queues.get(queue);
    if (!state || state.closing) return;
    state.announced += count;
    this.#take();
  }

  #room(state: QueueState): number {
    const own = state.closing ? 0 : state.handler.concurrency - state.running.size;
    return (state.handler.places?.admits(state.running.size) ?? true) ? own : 0;
  }

  #take(): void {
    if (!this.#isTaking) this.#taking = this.#takeAll();
  }

  /** Takes what is announced and has room, round after round. */
  async #takeAll(): Promise<void> {
    this.#isTaking = true;
    while (!this.#stop.signal.aborted) {
      const open = [...this.#queues.values()].filter((state) => state.announced > 0 && this.#room(state) > 0);
      if (open.length === 0) break;
      if (!(await this.#takeRound(open))) await pause(this.#nextRetryMs(), this.#stop.signal);
    }
    this.#isTaking = false; // in the same step as the last look at what is announced, so that nothing comes in between
  }

  /** @returns false when it failed */
  async #takeRound(open: readonly QueueState[]): Promise<boolean> {
    const before = open.map((state) => state.announced);
    const claims = open.map((state) => ({
      running: state.running.size,
      wanted: Math.min(this.#room(state), state.announced),
      places: state.handler.places,
    }));
    const wants = divide(claims).map((count, index) => ({ queue: (open[index] as QueueState).name, count }));
    const taken = new Map<string, number>();
    try {
      const some = wants.filter(({ count }) => count > 0);
      await this.#source.take(some, (job) => {
        taken.set(job.queue, (taken.get(job.queue) ?? 0) + 1);
        this.#start(job);
      });
    } catch (error) {
      this.#failed(error as Error, 'jobs cannot be taken; trying again');
      return false;
    }
    this.#failingSince = null;
    this.#retryMs = RETRY_MS.first;
    for (const [index, state] of open.entries()) {
      const { count } = wants[index] as Want;
      const got = taken.get(state.name) ?? 0;
      // Fewer than asked for: others took the rest of what was announced until then.
      const gone = got < count ? (before[index] as number) : got;
      state.announced = Math.max(0, state.announced - gone);
    }
    return true;
  }

  #failed(error: Error, sentence: string): void {
    this.#failingSince ??= performance.now();
    this.#failure = error.message;
    this.#log.warn({ error: error.message }, sentence);
  }

  #nextRetryMs(): number {
    const ms = this.#retryMs;
    this.#retryMs = Math.min(ms * 2, RETRY_MS.most);
    return ms;
  }

  #start(job: TakenJob): void {
    const state = this.#queues.get(job.queue);
    if (state && !state.closing && !this.#stop.signal.aborted) void this.#run(state, job);
    else void this.#handBack(job); // it was on its way when the queue was closed
  }

  async #handBack(job: TakenJob): Promise<void> {
    const returning = this.#source.release([job]).catch((error: Error) => {
      this.#log.warn({ error: error.message }, 'a job was not handed back; it comes back by itself');
    });
    this.#returning.add(returning);
    await returning;
    this.#returning.delete(returning);
  }

  async #run(state: QueueState, first: TakenJob): Promise<void> {
    let job: TakenJob | null = first;
    while (job) {
      const running: HeldJob = { job, renewedAt: performance.now(), settling: false };
      state.running.add(running);
      state.handler.places?.take();
      const end = await this.#process(state, job);
      running.settling = true;
      job = await this.#settle(state, job, end);
      state.running.delete(running);
      state.handler.places?.give();
      if (job && (state.closing || this.#stop.signal.aborted)) {
        await this.#handBack(job);
        job = null;
      }
    }
    if (state.closing && state.running.size === 0) for (const resolve of state.closing.splice(0)) resolve();
    this.#take();
  }

  async #process(state: QueueState, job: TakenJob): Promise<JobEnd> {
    try {
      const outcome = await state.handler.process(job as TakenJob<never>);
      return outcome === 'done' ? { kind: 'done' } : { kind: 'put-off', ms: Math.ceil(outcome.putOffMs) };
    } catch (error) {
      return endOfFailure(job, error as Error, Math.random());
    }
  }

  /** Tries until it is done or the job has become somebody else's. @returns the next job, when there is one at once */
  async #settle(state: QueueState, job: TakenJob, end: JobEnd): Promise<TakenJob | null> {
    const since = performance.now();
    for (let delay: number = RETRY_MS.first; ; delay = Math.min(delay * 2, RETRY_MS.most)) {
      const announced = state.announced;
      const takeNext = this.#source.settlesWithNext && announced > 0 && this.#keepsPlace(state);
      try {
        const next = await this.#source.settle(job, end, takeNext);
        if (takeNext) state.announced = Math.max(0, state.announced - (next ? 1 : announced));
        if ('ms' in end) this.#announceLater(state, end.ms);
        return next;
      } catch (error) {
        if (error instanceof JobLost || performance.now() - since > SETTLE_PATIENCE_MS) {
          this.#log.warn(
            { queue: job.queue, error: (error as Error).message },
            'a job was lost while it ran',
          );
          return null;
        }
        this.#log.warn(
          { error: (error as Error).message },
          'the end of a job cannot be written; trying again',
        );
        await pause(delay, this.#stop.signal);
        if (this.#stop.signal.aborted) return null;
      }
    }
  }

  /** Whether a queue whose job has ended may go on with its next one, rather than leave the place to another queue. */
  #keepsPlace(state: QueueState): boolean {
    if (state.closing || this.#stop.signal.aborted) return false;
    const { places } = state.handler;
    if (!places || places.free > 0) return true;
    for (const other of this.#queues.values()) {
      const waits = other.announced > 0 && other.handler.places === places && !other.closing;
      if (waits && other.running.size < Math.min(other.handler.concurrency, state.running.size)) return false;
    }
    return true;
  }

  #announceLater(state: QueueState, ms: number): void {
    if (state.closing) return;
    const timer = setTimeout(() => {
      state.timers.delete(timer);
      this.#announce(state.name, 1);
    }, ms + 1);
    timer.unref();
    state.timers.add(timer);
  }

  async #keepLooking(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#lookNow = new AbortController();
      await this.#look();
      const either = AbortSignal.any([this.#stop.signal, this.#lookNow.signal]);
      await pause(LOOK_EVERY_MS, either); // shorter when asked to look
    }
  }

  async #look(): Promise<void> {
    const queues = [...this.#queues.values()].filter((state) => !state.closing).map(({ name }) => name);
    try {
      const waiting = await this.#source.look(queues);
      this.#lookedAt = performance.now();
      for (const [queue, count] of waiting) {
        const state = this.#queues.get(queue);
        if (state) this.#announce(queue, Math.max(0, count - state.announced));
      }
    } catch (error) {
      this.#failure = (error as Error).message;
      if (!this.#stop.signal.aborted)
        this.#log.warn({ error: this.#failure }, 'the queue cannot be looked at; trying again');
    }
  }
}
