/**
 * Finds unfinished predictions without a job and makes one. Usually only those to which nothing happened for
 * STALE_AFTER_S are looked at. All are looked at for some seconds when the work begins, when the queue answers again
 * after it did not, and when it came back empty, so that an outage costs seconds and not half a minute more.
 */

import { CODES } from '@scry/shared/contracts/prediction';
import type { MaintenanceStore, Place, Unfinished } from '@scry/shared/database/maintenance';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { Logger } from '@scry/shared/runtime/log';
import type { Jobs } from './jobs.js';

/** Jobs that are looked up in one go: it takes 10 ms, in which this process answers nobody. */
const PAGE = 64;
/**
 * Pages without a missing job after which a usual look ends; the next one goes on there. Looking a job up costs
 * 0.15 CPU ms, so a backlog of 100,000 looked through every 15 s would take a whole CPU.
 */
const PAGES_PER_LOOK = 32;
/** How long an API may take between committing a row and adding its job, seconds. Less would only make work twice. */
const IN_FLIGHT_S = 1;
/** How long everything is looked at after an outage: until what was in flight then is old enough to be seen. */
const SUSPICIOUS_MS = 4000;

export interface JobRecoveryParts {
  readonly maintenance: Pick<MaintenanceStore, 'unfinished'>;
  readonly predictions: Pick<PredictionStore, 'end'>;
  readonly jobs: Jobs;
  readonly staleAfterS: number;
  readonly log: Logger;
  /** Milliseconds of a clock that never goes back; given by tests. */
  readonly now?: () => number;
}

export class JobRecovery {
  readonly #parts: JobRecoveryParts;
  /** Until then jobs may be missing that are younger than STALE_AFTER_S. */
  #suspiciousUntil: number;
  #reconnects = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Where the next usual look begins; null: at the oldest. */
  #place: Place | null = null;

  constructor(parts: JobRecoveryParts) {
    this.#parts = parts;
    this.#suspiciousUntil = this.#now() + SUSPICIOUS_MS;
  }

  /** One look. @throws when the database or the queue is unavailable; then the next look is at everything */
  async run(signal: AbortSignal): Promise<void> {
    const { jobs, staleAfterS } = this.#parts;
    try {
      const marked = await jobs.isMarked();
      if (!marked || jobs.reconnects !== this.#reconnects) this.#suspect();
      this.#reconnects = jobs.reconnects;
      const now = this.#now();
      const everything = now < this.#suspiciousUntil;
      if (!everything && now - this.#lookedAt < (staleAfterS * 1000) / 2) return;
      if (everything) await this.#look(IN_FLIGHT_S, Number.POSITIVE_INFINITY, null, signal);
      else this.#place = await this.#look(staleAfterS, PAGES_PER_LOOK, this.#place, signal);
      if (signal.aborted) return;
      if (!marked) await jobs.mark();
      this.#lookedAt = now;
    } catch (error) {
      this.#suspect();
      throw error;
    }
  }

  #now(): number {
    return this.#parts.now?.() ?? performance.now();
  }

  #suspect(): void {
    this.#suspiciousUntil = this.#now() + SUSPICIOUS_MS;
  }

  /** @returns where to go on; null at the end */
  async #look(
    olderThanS: number,
    pagesInOrder: number,
    from: Place | null,
    signal: AbortSignal,
  ): Promise<Place | null> {
    let place = from;
    let [put, failed] = [0, 0];
    for (let inOrder = 0; inOrder < pagesInOrder && !signal.aborted; ) {
      const { items, next } = await this.#parts.maintenance.unfinished(olderThanS, PAGE, place);
      const done = await this.#settle(items);
      put += done.put;
      failed += done.failed;
      if (done.put + done.failed === 0) inOrder++;
      place = next;
      if (!place) break;
    }
    if (put + failed > 0)
      this.#parts.log.warn({ put, failed }, 'predictions without a live job were looked after');
    return place;
  }

  async #settle(items: readonly Unfinished[]): Promise<{ put: number; failed: number }> {
    const { jobs, predictions } = this.#parts;
    const { gone, failed } = await jobs.examine(items);
    if (gone.length > 0) await jobs.add(gone);
    for (const { item, reason } of failed) {
      const sentence = `The prediction failed each time it was tried: ${reason}. Send the image again.`;
      await predictions.end([item.job.id], 'failed', CODES.general, sentence);
      await jobs.drop({ name: item.model, version: item.version }, [item.job.id]);
    }
    return { put: gone.length, failed: failed.length };
  }
}
