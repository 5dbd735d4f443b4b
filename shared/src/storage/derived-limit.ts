/**
 * Keeps what is made from images (thumbnails, crops, annotated images) within a number of bytes and an age: anybody who may
 * read a prediction can have hundreds of files made from it, and every one of them can be made again.
 *
 *     DATA_DIR/derived/ab/<sha256>/<file>     256 shards "00" to "ff", each with a 256th of the bytes
 *
 * Owns how many bytes each shard holds: measured at the first file that is written to it, added to since, and measured anew
 * when it seems to hold too many. Other processes write too, so in all it may be the limit times the processes.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';

const SHARDS = 256;
/** Down to this part of the limit, so that not every file that is written finds it reached again. */
const TRIM_TO = 0.75;

interface DerivedFile {
  readonly path: string;
  readonly bytes: number;
  readonly writtenAt: number;
}

const whenMissing =
  <T>(otherwise: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code !== 'ENOENT') throw error;
    return otherwise;
  };

export class DerivedLimit {
  readonly #folder: string;
  readonly #bytesPerShard: number;
  readonly #measured = new Map<string, number>();

  /** @param maxBytes of all files together */
  constructor(dataDir: string, maxBytes: number) {
    this.#folder = path.join(dataDir, 'derived');
    this.#bytesPerShard = Math.floor(maxBytes / SHARDS);
  }

  /** Notes a file that was written for an image; removes the oldest of its shard when these have become too many. */
  async wrote(sha256: string, bytes: number): Promise<void> {
    const shard = sha256.slice(0, 2);
    const before = this.#measured.get(shard);
    if (before !== undefined && before + bytes <= this.#bytesPerShard) {
      this.#measured.set(shard, before + bytes);
      return;
    }
    const files = (await this.#files(shard)).sort((a, b) => a.writtenAt - b.writtenAt);
    let held = files.reduce((sum, file) => sum + file.bytes, 0);
    if (held > this.#bytesPerShard) {
      for (const file of files) {
        if (held <= this.#bytesPerShard * TRIM_TO) break;
        await rm(file.path, { force: true });
        held -= file.bytes;
      }
      await this.#removeEmptyFolders(shard);
    }
    this.#measured.set(shard, held);
  }

  /** Removes files of a shard that were written longer ago. @returns how many */
  async removeOld(shard: string, olderThanMs: number): Promise<number> {
    const old = (await this.#files(shard)).filter(({ writtenAt }) => Date.now() - writtenAt >= olderThanMs);
    for (const file of old) await rm(file.path, { force: true });
    if (old.length > 0) await this.#removeEmptyFolders(shard);
    return old.length;
  }

  async #files(shard: string): Promise<DerivedFile[]> {
    const root = path.join(this.#folder, shard);
    const files: DerivedFile[] = [];
    for (const name of await readdir(root, { recursive: true }).catch(whenMissing<string[]>([]))) {
      const found = await stat(path.join(root, name)).catch(whenMissing(null));
      if (found?.isFile())
        files.push({ path: path.join(root, name), bytes: found.size, writtenAt: found.mtimeMs });
    }
    return files;
  }

  async #removeEmptyFolders(shard: string): Promise<void> {
    const root = path.join(this.#folder, shard);
    for (const name of await readdir(root).catch(whenMissing<string[]>([]))) {
      await rmdir(path.join(root, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
      });
    }
  }
}
