/**
 * How much room the disk of DATA_DIR has, against the reserve that uploads must leave: PostgreSQL often lies on the same
 * disk, and without room it cannot even write down what became of the predictions that were accepted.
 * Owns the last measurement and the bytes that were written since; measured anew when it is a second old and asked for.
 */
import { statfs } from 'node:fs/promises';

/** At most so much is written between two measurements, and none is made for an upload that comes right after another. */
const FRESH_MS = 1000;
const MIB = 1024 * 1024;

/** Less room than the reserve: nothing more is taken. */
export class StorageFull extends Error {}

export interface Space {
  readonly freeBytes: number;
  readonly reserveBytes: number;
}

export class FreeSpace {
  readonly #folder: string;
  readonly #reserveBytes: number;
  #freeBytes = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<Space> | null = null;

  /** @param folder on the disk that is meant */
  constructor(folder: string, reserveBytes: number) {
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
  }

  /** Asks the file system. @throws what it says */
  measure(): Promise<Space> {
    this.#measuring ??= this.#ask().finally(() => {
      this.#measuring = null;
    });
    return this.#measuring;
  }

  /** Resolves while there is room above the reserve. @throws StorageFull, and what the file system says */
  async admit(): Promise<void> {
    if (this.#reserveBytes === 0) return; // a full disk then says so itself, with ENOSPC
    if (performance.now() - this.#measuredAt > FRESH_MS) await this.measure();
    if (this.#freeBytes >= this.#reserveBytes) return;
    const [free, reserve] = [this.#freeBytes, this.#reserveBytes].map((bytes) => Math.round(bytes / MIB));
    throw new StorageFull(
      `${free} MiB are free on the disk of DATA_DIR, less than the reserve of ${reserve} MiB (DISK_RESERVE_BYTES): uploads are answered 507 until there is more room`,
    );
  }

  /** Says that so much was written since the last measurement. */
  written(bytes: number): void {
    this.#freeBytes -= bytes;
  }

  async #ask(): Promise<Space> {
    const { bavail, bsize } = await statfs(this.#folder);
    this.#freeBytes = bavail * bsize;
    this.#measuredAt = performance.now();
    return { freeBytes: this.#freeBytes, reserveBytes: this.#reserveBytes };
  }
}
