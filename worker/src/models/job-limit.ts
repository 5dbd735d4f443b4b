/**
 * How many predictions of all versions together run in this worker at once: each may hold a decoded image, so fifty busy models
 * would take fifty times the memory of one. Owns the bound, which grows with the largest batches that were loaded.
 */
import { SharedPlaces } from '@scry/shared/queue/shared-places';

/** Full batches of the largest kind, for every thread and one more: enough for several models' batches to fill while others run. */
const TIMES = 4;
/** What one version takes before any was loaded. */
const LEAST = 8;

export class JobLimit {
  /** What the queues of all versions share. */
  readonly places: SharedPlaces;
  #largest = LEAST;

  /** @param most as it was set; undefined: from what is loaded */
  constructor(most?: number) {
    this.places = new SharedPlaces(() => most ?? TIMES * this.#largest);
  }

  /** Says how many predictions of one version fill the threads' batches. */
  add(concurrency: number): void {
    this.#largest = Math.max(this.#largest, concurrency);
  }
}
