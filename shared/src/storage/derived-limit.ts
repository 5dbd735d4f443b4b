/**
 * Keeps what is made from images (thumbnails, crops, annotated images) within a number of bytes and an age: anybody who may
 * read a prediction can have hundreds of files made from it, and every one of them can be made again.
 *
 * Owns how many bytes each of the 256 shards holds, which may be a 256th of all: measured at the first file that is written to
 * it, added to since, and measured again when it seems to hold too many. Other processes write too, so in all it may be the
 * limit times the processes.
 */
import type { BlobInfo, Blobs } from './blobs.js';
import { derivedPrefix, shardOf } from './image-keys.js';

const SHARDS = 256;
/** Down to this part of the limit, so that not every file that is written finds it reached again. */
const TRIM_TO = 0.75;

export class DerivedLimit {
  readonly #blobs: Blobs;
  readonly #bytesPerShard: number;
  readonly #measured = new Map<string, number>();

  /** @param maxBytes of all files together */
  constructor(blobs: Blobs, maxBytes: number) {
    this.#blobs = blobs;
    this.#bytesPerShard = Math.floor(maxBytes / SHARDS);
  }

  /** Notes a file that was written for an image; removes the oldest of its shard when these have become too many. */
  async wrote(sha256: string, bytes: number): Promise<void> {
    const shard = shardOf(sha256);
    const before = this.#measured.get(shard);
    if (before !== undefined && before + bytes <= this.#bytesPerShard) {
      this.#measured.set(shard, before + bytes);
      return;
    }
    const files = (await this.#files(shard)).sort((a, b) => Number(a.modifiedAt) - Number(b.modifiedAt));
    let held = files.reduce((sum, file) => sum + file.bytes, 0);
    if (held > this.#bytesPerShard) {
      for (const file of files) {
        if (held <= this.#bytesPerShard * TRIM_TO) break;
        await this.#blobs.delete(file.key);
        held -= file.bytes;
      }
    }
    this.#measured.set(shard, held);
  }

  /** Removes files of a shard that were written longer ago. @returns how many */
  async removeOld(shard: string, olderThanMs: number): Promise<number> {
    const now = Date.now();
    const old = (await this.#files(shard)).filter(
      ({ modifiedAt }) => now - Number(modifiedAt) >= olderThanMs,
    );
    for (const { key } of old) await this.#blobs.delete(key);
    return old.length;
  }

  async #files(shard: string): Promise<BlobInfo[]> {
    const files: BlobInfo[] = [];
    for await (const file of this.#blobs.list(derivedPrefix(shard))) files.push(file);
    return files;
  }
}
