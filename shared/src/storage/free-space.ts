/**
 * How much room the store of images has, against the reserve that uploads must leave: PostgreSQL often lies on the same
 * disk, and without room it cannot even write down what became of the predictions that were accepted.
 * Owns the last measurement and the bytes that were written since; measured again when it is a second old and asked for.
 */
import { Memo } from '../runtime/memo.js';
import type { Blobs } from './blobs.js';

/** At most so much is written between two measurements, and none is made for an upload that comes right after another. */
const FRESH_MS = 1000;
const MIB = 1024 * 1024;

/** Less room than the reserve: nothing more is taken. */
export class StorageFull extends Error {}

export interface Space {
  /** Infinity where the store has no end. */
  readonly freeBytes: number;
  readonly reserveBytes: number;
}

export class FreeSpace {
  readonly #reserveBytes: number;
  readonly #measured: Memo<number>;
  #writtenBytes = 0;

  constructor(blobs: Pick<Blobs, 'free'>, reserveBytes: number) {
    this.#reserveBytes = reserveBytes;
    this.#measured = new Memo({
      freshMs: FRESH_MS,
      ask: async () => {
        const freeBytes = (await blobs.free()) ?? Number.POSITIVE_INFINITY;
        this.#writtenBytes = 0;
        return freeBytes;
      },
    });
  }

  /** @throws what the store says */
  async measure(): Promise<Space> {
    const freeBytes = (await this.#measured.get()) - this.#writtenBytes;
    return { freeBytes, reserveBytes: this.#reserveBytes };
  }

  /** Resolves while there is room above the reserve. @throws StorageFull, and what the store says */
  async admit(): Promise<void> {
    if (this.#reserveBytes === 0) return; // a full disk then says so itself, with ENOSPC
    const { freeBytes, reserveBytes } = await this.measure();
    if (freeBytes >= reserveBytes) return;
    const [free, reserve] = [freeBytes, reserveBytes].map((bytes) => Math.round(bytes / MIB));
    throw new StorageFull(
      `${free} MiB are free on the disk of DATA_DIR, less than the reserve of ${reserve} MiB (DISK_RESERVE_BYTES): uploads are answered 507 until there is more room`,
    );
  }

  /** Says that so much was written since the last measurement. */
  written(bytes: number): void {
    this.#writtenBytes += bytes;
  }
}
