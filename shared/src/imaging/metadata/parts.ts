/** Which parts of a file stay, and what is put between them. */

interface Insertion {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Takes parts out of a file without copying until the end, and not even then when nothing is taken out.
 * Offsets are those of the file as it came; they must rise from call to call.
 */
export class Parts {
  readonly #source: Buffer;
  /** Starts and ends of what is taken out, in turns: neighbours are one. */
  readonly #dropped: number[] = [];
  #insertion: Insertion | null = null;
  #isInserted = false;
  #droppedBytes = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  /** How many bytes shorter the result is. */
  get shrinksBy(): number {
    return this.#droppedBytes - (this.#insertion?.bytes.length ?? 0);
  }

  /** Takes `start` to `end` out. */
  drop(start: number, end: number): void {
    this.#droppedBytes += end - start;
    if (this.#dropped.at(-1) === start) this.#dropped[this.#dropped.length - 1] = end;
    else this.#dropped.push(start, end);
  }

  /** Puts bytes in, once: where a part that stays begins, or where one was taken out. */
  insert(at: number, bytes: Uint8Array): void {
    this.#insertion = { at, bytes };
  }

  /** The file without what was taken out: the very same buffer when that is nothing, else a copy. */
  join(): Buffer {
    if (this.#droppedBytes === 0 && !this.#insertion) return this.#source;
    const result = Buffer.allocUnsafe(this.#source.length - this.shrinksBy);
    let to = 0;
    let from = 0;
    for (let index = 0; index < this.#dropped.length; index += 2) {
      to = this.#copy(result, to, from, this.#dropped[index] as number);
      from = this.#dropped[index + 1] as number;
    }
    this.#copy(result, to, from, this.#source.length);
    return result;
  }

  #copy(result: Buffer, to: number, from: number, until: number): number {
    const insertion = this.#insertion;
    if (!insertion || this.#isInserted || insertion.at < from || insertion.at > until)
      return to + this.#source.copy(result, to, from, until);
    this.#isInserted = true;
    const before = to + this.#source.copy(result, to, from, insertion.at);
    result.set(insertion.bytes, before);
    const after = before + insertion.bytes.length;
    return after + this.#source.copy(result, after, insertion.at, until);
  }
}
