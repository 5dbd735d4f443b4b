/**
 * Bytes on their way to a disk, in temporary files that nobody else reads. Owns how many bytes of all of them are held in
 * memory: a small upload is held until it is whole and written at once, since each step on a file costs a turn through
 * libuv's threads.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import path from 'node:path';
import { BlobTooLarge, HEAD_BYTES } from './blobs.js';
import { create, writeAll } from './files.js';
import type { MadeFolders } from './made-folders.js';

/** Uploads below this are written in one go. */
const HELD_BYTES = 512 * 1024;
/** Held by all uploads together at the most; beyond it they are written as they come. */
const HELD_IN_ALL_BYTES = 64 * 1024 * 1024;

/** A file that is whole. */
export interface IncomingFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The first bytes, `HEAD_BYTES` of them or more. */
  readonly head: Buffer;
}

/** The first chunks, joined only as far as a header needs. */
function beginning(chunks: readonly Uint8Array[]): Buffer {
  const [first = Buffer.alloc(0)] = chunks;
  if (first.length < HEAD_BYTES) return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

export class IncomingFiles {
  readonly #folder: string;
  readonly #folders: MadeFolders;
  #heldBytes = 0;

  /** @param folder absolute path of the temporary files */
  constructor(folder: string, folders: MadeFolders) {
    this.#folder = folder;
    this.#folders = folders;
  }

  /**
   * Writes bytes while they arrive, hashing as they come; they are on the disk when this resolves.
   * @throws BlobTooLarge beyond `maxBytes`, and what the stream or the file system says; nothing stays behind
   */
  async receive(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<IncomingFile> {
    const temporary = path.join(this.#folder, randomUUID());
    const hash = createHash('sha256');
    const head: Uint8Array[] = [];
    let held: Uint8Array[] = [];
    let [bytes, heldBytes] = [0, 0];
    let file: FileHandle | null = null;
    const flush = async (): Promise<FileHandle> => {
      file ??= await this.#folders.within(this.#folder, () => create(temporary));
      await writeAll(file, held);
      this.#heldBytes -= heldBytes;
      [held, heldBytes] = [[], 0];
      return file;
    };
    try {
      for await (const chunk of chunks) {
        if (bytes < HEAD_BYTES) head.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) throw new BlobTooLarge(maxBytes);
        hash.update(chunk);
        held.push(chunk);
        heldBytes += chunk.length;
        this.#heldBytes += chunk.length;
        if (file || heldBytes >= HELD_BYTES || this.#heldBytes > HELD_IN_ALL_BYTES) await flush();
      }
      await (await flush()).datasync(); // a 202 is a promise, and a power cut must not break it
      return { path: temporary, sha256: hash.digest('hex'), bytes, head: beginning(head) };
    } catch (error) {
      if (file) await rm(temporary, { force: true });
      throw error;
    } finally {
      this.#heldBytes -= heldBytes;
      await (file as FileHandle | null)?.close();
    }
  }

  /** Writes bytes, without waiting until the disk has them. @returns the file's path @throws as `receive`; nothing stays behind */
  async write(bytes: Uint8Array): Promise<string> {
    const temporary = path.join(this.#folder, randomUUID());
    const file = await this.#folders.within(this.#folder, () => create(temporary));
    try {
      await file.writeFile(bytes);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return temporary;
  }
}
