/**
 * A number of pixels that may be decoded at the same time, given out first come, first served: an image that needs
 * much is not overtaken for ever by those that need little.
 */
export class PixelBudget {
  #left: number;
  readonly #waiting: { readonly pixels: number; readonly go: () => void }[] = [];

  constructor(pixels: number) {
    this.#left = pixels;
  }

  /** Resolves when so many are free, and takes them. @param pixels at most the whole budget */
  async take(pixels: number): Promise<void> {
    if (this.#waiting.length > 0 || pixels > this.#left)
      await new Promise<void>((go) => this.#waiting.push({ pixels, go }));
    else this.#left -= pixels;
  }

  give(pixels: number): void {
    this.#left += pixels;
    for (let first = this.#waiting[0]; first && first.pixels <= this.#left; first = this.#waiting[0]) {
      this.#left -= first.pixels;
      this.#waiting.shift();
      first.go();
    }
  }
}
