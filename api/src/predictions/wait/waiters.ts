/**
 * Requests that wait for a prediction to change. Owns nothing but what it subscribes to on ChangeListener; each
 * watch ends with its request, and all of them when the process begins to stop.
 */
import { isFinished, type Status } from '@scry/shared/contracts/prediction';
import type { ChangeListener } from '@scry/shared/database/change-listener';
import { isPassing } from '@scry/shared/database/database';
import type { Prediction, PredictionStore } from '@scry/shared/database/predictions';

/** One request's eye on one prediction, from its making until `close`. No change in between is missed. */
export class Watch {
  readonly #unsubscribe: () => void;
  #changed = false;
  #wake: (() => void) | null = null;
  #over = false;

  /** @param matters which changes wake; a null status means that some may have been missed, and always does */
  constructor(changes: ChangeListener, id: string, matters: (status: Status) => boolean) {
    this.#unsubscribe = changes.subscribe(id, (status) => {
      if (status === null || matters(status)) this.#note();
    });
  }

  #note(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** True once closed: there is nothing more to wait for. */
  get over(): boolean {
    return this.#over;
  }

  /** Resolves true at the next change that has not been waited for yet, false when time is up or the watch closed. */
  async next(ms: number): Promise<boolean> {
    if (!this.#changed && !this.#over) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    const changed = this.#changed && !this.#over;
    this.#changed = false;
    return changed;
  }

  close(): void {
    this.#over = true;
    this.#unsubscribe();
    this.#wake?.();
  }
}

export class Waiters {
  readonly #changes: ChangeListener;
  readonly #predictions: PredictionStore;
  readonly #open = new Set<Watch>();
  readonly #most: number;
  #closed = false;

  /** @param most requests that may wait at the same time */
  constructor(changes: ChangeListener, predictions: PredictionStore, most: number) {
    this.#changes = changes;
    this.#predictions = predictions;
    this.#most = most;
  }

  /** Requests that wait now. */
  get waiting(): number {
    return this.#open.size;
  }

  /** Begins to watch; `end` it with the request. It is over at once while too many wait or the process stops. */
  watch(id: string, matters: (status: Status) => boolean = () => true): Watch {
    const watch = new Watch(this.#changes, id, matters);
    this.#open.add(watch);
    if (this.#closed || this.#open.size > this.#most) watch.close();
    return watch;
  }

  /** Ends one watch. */
  end(watch: Watch): void {
    watch.close();
    this.#open.delete(watch);
  }

  /** Watches for the end only; waiting costs no read until it comes. */
  watchEnd(id: string): Watch {
    return this.watch(id, isFinished);
  }

  /**
   * The prediction as soon as it has ended, or as it is after `ms`; null when there is none.
   * @param known the prediction as it was read last; unset: it is read first
   */
  async untilEnded(id: string, ms: number, watch: Watch, known?: Prediction): Promise<Prediction | null> {
    const deadline = performance.now() + ms;
    let prediction = known ?? (await this.#predictions.get(id));
    while (prediction && !isFinished(prediction.status)) {
      const rest = deadline - performance.now();
      if (rest <= 0 || watch.over) break;
      await watch.next(rest);
      // At the end of the time as well: the change may have been told on a connection that broke.
      prediction = await this.readAgain(prediction);
    }
    return prediction;
  }

  /** A prediction as it is now, or as it was while the database is unavailable; null when it was deleted. */
  async readAgain(before: Prediction): Promise<Prediction | null> {
    try {
      return await this.#predictions.get(before.id);
    } catch (error) {
      if (!isPassing(error)) throw error;
      return before;
    }
  }

  /** Lets every waiting request go, with its prediction as it is; for stopping. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#open) watch.close();
  }
}
