/**
 * Whether inference still works. Owns one count: batches that failed since the last that did not.
 * A worker that has lost its device, say, must not go on eating jobs: it leaves, and its supervisor starts it again.
 */

/** So many failures in a row are no bad image any more: those fail one by one, with successes between them. */
const FAILURES_TO_LEAVE = 8;

export class InferenceHealth {
  readonly #onUnhealthy: (sentence: string) => void;
  #failures = 0;

  /** @param onUnhealthy called once, when failures have become a habit */
  constructor(onUnhealthy: (sentence: string) => void) {
    this.#onUnhealthy = onUnhealthy;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(error: Error): void {
    this.#failures++;
    if (this.#failures === FAILURES_TO_LEAVE) {
      this.#onUnhealthy(`inference failed ${FAILURES_TO_LEAVE} times in a row, last with: ${error.message}`);
    }
  }
}
