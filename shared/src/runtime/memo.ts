/**
 * Keeps an answer for a while, for all who ask. Owns the last answer, or the asking for it, and when it was asked.
 *
 *     empty ──(get)──▶ asking ──▶ fresh ──(time passes)──▶ old ──(get, recent)──▶ asking
 *                        └──(it failed: told to those who asked)──▶ empty, or old as before
 */
export interface MemoOptions<T> {
  /**
   * Asks.
   * @param before the asking before this one, which may not have ended yet; null when there was none or it failed
   */
  readonly ask: (before: Promise<T> | null) => Promise<T>;
  /** How long an answer is kept, from the asking on, milliseconds. */
  readonly freshMs: number;
  /** How long those who ask join an asking that has not ended, milliseconds; `freshMs` when left out. */
  readonly joinMs?: number;
  /** Milliseconds; its own clock when left out. */
  readonly now?: () => number;
}

export class Memo<T> {
  readonly #ask: MemoOptions<T>['ask'];
  readonly #freshMs: number;
  readonly #joinMs: number;
  readonly #now: () => number;
  #asked: Promise<T> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Whether `#asked` has not ended. */
  #asking = false;
  #last: { readonly answer: T; readonly askedAt: number } | null = null;

  constructor({ ask, freshMs, joinMs = freshMs, now = () => performance.now() }: MemoOptions<T>) {
    this.#ask = ask;
    this.#freshMs = freshMs;
    this.#joinMs = joinMs;
    this.#now = now;
  }

  /** The answer; those who ask while it is fresh or on its way share it. @throws what asking threw */
  get(): Promise<T> {
    const age = this.#now() - this.#askedAt;
    if (this.#asked && age < (this.#asking ? this.#joinMs : this.#freshMs)) return this.#asked;
    return this.#askAnew();
  }

  /**
   * The answer as it was known last, so that nobody waits: when it is not fresh, it is asked for beside that, and a failure
   * is told to nobody.
   * @param believedMs an answer that was asked for longer ago is waited for, as is the first one
   * @throws what asking threw, where it was waited for
   */
  async recent(believedMs = Number.POSITIVE_INFINITY): Promise<T> {
    const now = this.#now();
    if (!this.#last || now - this.#last.askedAt >= believedMs) return this.get();
    if (!this.#asking && now - this.#askedAt >= this.#freshMs) void this.#askAnew().catch(() => undefined);
    return this.#last.answer;
  }

  #askAnew(): Promise<T> {
    const askedAt = this.#now();
    const asked = this.#ask(this.#asked);
    this.#asked = asked;
    this.#askedAt = askedAt;
    this.#asking = true;
    asked.then(
      (answer) =>
        this.#ended(asked, () => {
          this.#last = { answer, askedAt };
        }),
      () =>
        this.#ended(asked, () => {
          this.#asked = null;
        }), // whoever asks next tries again
    );
    return asked;
  }

  /** One that was overtaken by a newer asking changes nothing. */
  #ended(asked: Promise<T>, then: () => void): void {
    if (this.#asked !== asked) return;
    this.#asking = false;
    then();
  }
}
