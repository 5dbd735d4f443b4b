/**
 * Keeps an answer for a while, for all who ask. Owns the last answer, or the asking for it, and when it was asked.
 *
 *     empty ──(get)──▶ asking ──▶ fresh ──(old, and asked for again)──▶ asking
 *                        └──(it failed: told to those who asked)──▶ empty
 */
export interface MemoOptions<T> {
  /**
   * Asks.
   * @param before the asking before this one, which may not have ended yet; null when there was none or it failed
   */
  readonly ask: (before: Promise<T> | null) => Promise<T>;
  /** How long an answer is kept, from the asking on, milliseconds. */
  readonly freshMs: number;
  /** Milliseconds; its own clock when left out. */
  readonly now?: () => number;
}

export class Memo<T> {
  readonly #ask: MemoOptions<T>['ask'];
  readonly #freshMs: number;
  readonly #now: () => number;
  #asked: Promise<T> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor({ ask, freshMs, now = () => performance.now() }: MemoOptions<T>) {
    this.#ask = ask;
    this.#freshMs = freshMs;
    this.#now = now;
  }

  /** The answer; those who ask while it is fresh or on its way share it. @throws what asking threw */
  get(): Promise<T> {
    const now = this.#now();
    if (this.#asked && now - this.#askedAt < this.#freshMs) return this.#asked;
    const asked = this.#ask(this.#asked);
    this.#asked = asked;
    this.#askedAt = now;
    asked.catch(() => {
      if (this.#asked === asked) this.#asked = null; // whoever asks next tries again
    });
    return asked;
  }
}
