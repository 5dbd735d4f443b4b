/**
 * Runs a load against a target.
 *
 * Open loop (`rate`): requests are sent when they are due, however slow the answers, and timed from the moment they
 * were due, so a server that stalls is charged for everyone who would have come meanwhile.
 * Closed loop (`users`): each user sends the next image when the last is answered.
 */
import { arrivals, userStart } from './arrivals.js';
import { distinct, type Image } from './images.js';
import { type LoadResult, Recorder } from './recorder.js';
import type { Target } from './target.js';

export interface LoadOptions {
  readonly target: Target;
  /** Sent in turn. */
  readonly images: readonly Image[];
  /** Asked in turn. */
  readonly models: readonly string[];
  readonly load:
    | { readonly kind: 'rate'; readonly perSecond: number; readonly gap?: () => number }
    | { readonly kind: 'users'; readonly users: number };
  readonly rampS: number;
  /** After the ramp; only this is measured. */
  readonly durationS: number;
  /** An answer that takes longer is a failure, milliseconds. */
  readonly deadlineMs: number;
  /** Every sending is an image that the server has not seen. */
  readonly distinct: boolean;
  /** Begins the numbers that tell sendings apart; two loads on one server need different ones. */
  readonly serial?: number;
  /** Requests under way at the most; beyond it a due request is a failure of the client's, and counted. */
  readonly maxInFlight?: number;
  readonly onProgress?: (recorder: Recorder, elapsedMs: number) => void;
  /** Ends the load early; what is under way is waited for. */
  readonly signal?: AbortSignal;
}

const PROGRESS_MS = 250;
const MAX_IN_FLIGHT = 20_000;

class LoadRun {
  readonly recorder: Recorder;
  readonly #options: LoadOptions;
  readonly #start = performance.now();
  readonly #underWay = new Set<Promise<void>>();
  readonly #endMs: number;
  #serial: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#endMs = (options.rampS + options.durationS) * 1000;
    this.#serial = options.serial ?? Date.now() * 1000;
    this.recorder = new Recorder(options.rampS * 1000, this.#endMs);
  }

  elapsed(): number {
    return performance.now() - this.#start;
  }

  async openLoop(perSecond: number, gap?: () => number): Promise<void> {
    const { rampS, durationS } = this.#options;
    const plan = { perSecond, rampS, durationS: rampS + durationS, ...(gap && { gap }) };
    for (const due of arrivals(plan)) {
      if (due > this.elapsed()) await this.#until(due);
      if (this.#stopped()) break;
      const request = this.#send(due).finally(() => this.#underWay.delete(request));
      this.#underWay.add(request);
    }
    await Promise.all(this.#underWay);
  }

  async closedLoop(users: number): Promise<void> {
    const loops = Array.from({ length: users }, async (_, user) => {
      await this.#until(userStart(user, users, this.#options.rampS));
      while (!this.#stopped() && this.elapsed() < this.#endMs) await this.#send(this.elapsed());
    });
    await Promise.all(loops);
  }

  /** Sends one image and records how it ended. Never throws. */
  async #send(scheduledAt: number): Promise<void> {
    const { images, models, target, deadlineMs } = this.#options;
    const serial = this.#serial++;
    const base = images[serial % images.length] as Image;
    const model = models[Math.floor(serial / images.length) % models.length] as string;
    const image = this.#options.distinct ? distinct(base, serial) : base;
    const sentAt = this.elapsed();
    const crowded = this.#underWay.size >= (this.#options.maxInFlight ?? MAX_IN_FLIGHT);
    this.recorder.markSent();
    const ending = crowded
      ? { kind: 'failed' as const, reason: 'not sent: too many requests under way' }
      : await target.predict(image, model, deadlineMs);
    const endedAt = this.elapsed();
    this.recorder.record({ model, image: base.name, scheduledAt, sentAt, endedAt, ending });
  }

  #stopped(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  #until(due: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, due - this.elapsed()));
  }
}

/** Runs a load to its end and tells how it went. @throws RangeError without images or models */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  if (options.images.length === 0 || options.models.length === 0) {
    throw new RangeError('a load needs at least one image and one model');
  }
  const run = new LoadRun(options);
  const progress = setInterval(() => options.onProgress?.(run.recorder, run.elapsed()), PROGRESS_MS);
  try {
    const { load } = options;
    if (load.kind === 'rate') await run.openLoop(load.perSecond, load.gap);
    else await run.closedLoop(load.users);
  } finally {
    clearInterval(progress);
  }
  options.onProgress?.(run.recorder, run.elapsed());
  return run.recorder.result();
}
