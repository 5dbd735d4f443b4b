/**
 * Hands out a number of places, first come, first served. Used where a deadline must not begin before the work does.
 * The number may change at any time; places already taken stay taken.
 */
export class Slots {
  #size: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves when a place is free, and takes it. */
  async take(): Promise<void> {
    if (this.#taken < this.#size) this.#taken++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place back. */
  give(): void {
    this.#taken--;
    this.#next();
  }

  resize(size: number): void {
    this.#size = size;
    this.#next();
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#taken < this.#size) {
      this.#taken++;
      this.#waiting.shift()?.();
    }
  }
}
