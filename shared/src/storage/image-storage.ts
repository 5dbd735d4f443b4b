/**
 * Where images lie: content-addressed files on the volume that api and workers share.
 *
 *     DATA_DIR/uploads/tmp/<random>          being written; never read by anyone else
 *     DATA_DIR/uploads/ab/<sha256>           whole; written once, never changed; 256 folders, so they are soon all made
 *     DATA_DIR/results/<model>/<class>/…     hard links, for manifests with `images: by-class`
 *     DATA_DIR/derived/<sha256>/…            thumbnails and the like; may be deleted at any time
 *
 * An image appears under its name by a rename after its last byte reached the disk, so a half-written one is never seen.
 * Whoever stores or reads an image here sees its hash and its bytes, never a path.
 * Images may show anything: nobody but the user that Scry runs as can read them, so api and workers run as the same user.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { folderProblem } from '../runtime/setting-problem.js';
import type { ByteRange } from './blobs.js';
import { FiledLinks } from './filed-links.js';
import { ageMs, create, exists, FOLDER_MODE, listing, privateFolder, safeName, writeAll } from './files.js';
import { FreeSpace, type Space } from './free-space.js';

export interface StoredImage {
  readonly sha256: string;
  readonly bytes: number;
}

/** An image that is bigger than it may be. */
export class ImageTooLarge extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`the image is larger than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** An upload on its way: written to a temporary name, then kept under its hash, or thrown away; or an image that is kept already. */
export interface PendingImage extends StoredImage {
  /** The first bytes, enough to read the header of any usual image. */
  readonly head: Buffer;
  /** All of it, read from the file where the head is not. */
  whole(): Promise<Buffer>;
  /** Gives the image its name. The same image twice is stored once. */
  keep(): Promise<void>;
  /** Removes the temporary file. Harmless after `keep`. */
  discard(): Promise<void>;
}

/** Headers are shorter, but for images that carry much besides; for those the file is there to be looked into. */
const HEAD_BYTES = 32 * 1024;
/** Images below this are written in one go. */
const HELD_BYTES = 512 * 1024;
/** Held by all uploads together at the most; beyond it they are written as they come. */
const HELD_IN_ALL_BYTES = 64 * 1024 * 1024;

const SHA256 = /^[0-9a-f]{64}$/;
/** Names of images on their way out begin with this and go on with their hash. */
const REMOVING = 'removing-';
/** Taking an image out and asking the database takes milliseconds; whoever needs longer has died. */
const REMOVING_TAKES_MS = 10 * 60_000;

/** What a promise gives; null where there is no such file. */
function unlessMissing<T>(promise: Promise<T>): Promise<T | null> {
  return promise.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** The first chunks, joined only as far as a header needs. */
function beginning(chunks: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = chunks;
  return first.length >= HEAD_BYTES ? first : Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

export interface StorageOptions {
  /** Free space that uploads leave on the disk. */
  readonly reserveBytes?: number;
}

export class ImageStorage {
  readonly #uploads: string;
  readonly #temporary: string;
  readonly #results: string;
  readonly #derived: string;
  /** Images under their classes. */
  readonly filed: FiledLinks;
  readonly #folders = new Set<string>();
  /** Of uploads on their way, in memory. */
  #heldBytes = 0;
  readonly #space: FreeSpace;

  /** @param dataDir absolute path of DATA_DIR */
  constructor(dataDir: string, { reserveBytes = 0 }: StorageOptions = {}) {
    this.#uploads = path.join(dataDir, 'uploads');
    this.#temporary = path.join(this.#uploads, 'tmp');
    this.#results = path.join(dataDir, 'results');
    this.#derived = path.join(dataDir, 'derived');
    this.filed = new FiledLinks(this.#results, (sha256) => this.#path(sha256));
    this.#space = new FreeSpace(this.#uploads, reserveBytes);
  }

  /** Makes the folders. @throws SettingProblem when they cannot be made */
  async prepare(): Promise<void> {
    try {
      for (const folder of [this.#uploads, this.#temporary, this.#results, this.#derived])
        await privateFolder(folder);
    } catch (error) {
      throw folderProblem('DATA_DIR', path.dirname(this.#uploads), error as NodeJS.ErrnoException);
    }
  }

  /** Free space on the disk, and how much of it uploads leave. @throws what the file system says */
  space(): Promise<Space> {
    return this.#space.measure();
  }

  /** Resolves when images can be written. @throws StorageFull, and what the file system says: EROFS, EACCES, … */
  async check(): Promise<void> {
    await this.#admit();
    await this.#within(this.#temporary, () => access(this.#temporary, constants.W_OK));
    const probe = path.join(this.#temporary, `probe-${randomUUID()}`);
    const file = await create(probe);
    try {
      await file.writeFile('x');
    } finally {
      await file.close();
      await unlink(probe);
    }
  }

  #path(sha256: string): string {
    return path.join(this.#uploads, sha256.slice(0, 2), sha256);
  }

  #derivedPath(sha256: string, name: string): string {
    return path.join(this.#derived, sha256.slice(0, 2), sha256, safeName(name));
  }

  /** All bytes of a kept image. @throws what the file system says: ENOENT when it is not kept */
  read(sha256: string): Promise<Buffer> {
    return readFile(this.#path(sha256));
  }

  /** The bytes of a kept image, or a range of them, as a stream. @throws as `read`, before the first byte */
  async open(sha256: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const file = await open(this.#path(sha256), 'r');
    return file.createReadStream(range);
  }

  /** How many bytes a kept image has; null when it is not kept. */
  async size(sha256: string): Promise<number | null> {
    return unlessMissing(stat(this.#path(sha256)).then(({ size }) => size));
  }

  /** A kept image as it would be had it been sent again, without another copy; null when it is not kept. */
  async stored(sha256: string): Promise<PendingImage | null> {
    const whole = await unlessMissing(this.read(sha256));
    if (whole === null) return null;
    return {
      sha256,
      bytes: whole.length,
      head: whole.subarray(0, HEAD_BYTES),
      whole: async () => whole,
      keep: async () => {}, // whoever commits a use asks `has` after, as for an upload
      discard: async () => {},
    };
  }

  /** Something that was made from an image, such as "thumb-256.webp"; null when it is not there. */
  async readDerived(sha256: string, name: string): Promise<Buffer | null> {
    return unlessMissing(readFile(this.#derivedPath(sha256, name)));
  }

  has(sha256: string): Promise<boolean> {
    return exists(this.#path(sha256));
  }

  /**
   * Writes an image while it arrives, hashing as it goes. One that is small is held until it is whole and written at
   * once: each step on a file costs a turn through libuv's threads.
   * @throws StorageFull below the reserve, ImageTooLarge beyond `maxBytes`, and what the stream or the file system says;
   *   nothing stays behind
   */
  async receive(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<PendingImage> {
    const temporary = path.join(this.#temporary, randomUUID());
    const hash = createHash('sha256');
    const head: Buffer[] = [];
    let held: Buffer[] = [];
    let [bytes, heldBytes] = [0, 0];
    let file: FileHandle | null = null;
    const flush = async (): Promise<FileHandle> => {
      file ??= await this.#within(this.#temporary, () => create(temporary));
      await writeAll(file, held);
      this.#heldBytes -= heldBytes;
      [held, heldBytes] = [[], 0];
      return file;
    };
    await this.#admit();
    try {
      for await (const chunk of chunks) {
        if (bytes < HEAD_BYTES) head.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) throw new ImageTooLarge(maxBytes);
        hash.update(chunk);
        held.push(chunk);
        heldBytes += chunk.length;
        this.#heldBytes += chunk.length;
        if (file || heldBytes >= HELD_BYTES || this.#heldBytes > HELD_IN_ALL_BYTES) await flush();
      }
      const whole = await flush();
      this.#space.written(bytes);
      await whole.datasync(); // a 202 is a promise, and a power cut must not break it
      return this.#pending(temporary, { sha256: hash.digest('hex'), bytes }, beginning(head));
    } catch (error) {
      if (file) await rm(temporary, { force: true });
      throw error;
    } finally {
      this.#heldBytes -= heldBytes;
      await (file as FileHandle | null)?.close();
    }
  }

  #pending(temporary: string, stored: StoredImage, head: Buffer): PendingImage {
    let kept = false;
    return {
      ...stored,
      head,
      whole: async () => (head.length === stored.bytes ? head : readFile(temporary)),
      keep: async () => {
        await this.#keep(temporary, stored.sha256);
        kept = true;
      },
      discard: async () => {
        if (!kept) await rm(temporary, { force: true });
      },
    };
  }

  async #folder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    this.#folders.add(folder);
  }

  #admit(): Promise<void> {
    return this.#within(this.#temporary, () => this.#space.admit());
  }

  /** Does something in a folder, which is made before; and made again when somebody has removed it meanwhile. */
  async #within<T>(folder: string, step: () => Promise<T>): Promise<T> {
    await this.#folder(folder);
    try {
      return await step();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || (await exists(folder))) throw error;
      this.#folders.delete(folder);
      await this.#folder(folder);
      return step();
    }
  }

  async #keep(temporary: string, sha256: string): Promise<void> {
    const target = this.#path(sha256);
    // Replaces an identical image, if there is one: same name, same bytes.
    await this.#within(path.dirname(target), () => rename(temporary, target));
  }

  /**
   * Removes an image and all that was made from it, unless it is in use. It is taken out of sight first and asked
   * about after: whoever commits a use meanwhile is either seen by `inUse` (the image comes back) or finds with
   * `has` that it is gone. So no prediction is accepted whose image is not there.
   * @param inUse asks the database; true puts the image back
   * @returns whether it was removed
   */
  async removeUnlessUsed(sha256: string, inUse: () => Promise<boolean>): Promise<boolean> {
    if (await inUse()) return false;
    const target = this.#path(sha256);
    const aside = path.join(this.#temporary, `${REMOVING}${sha256}-${randomUUID()}`);
    try {
      await rename(target, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#removeDerived(sha256);
      return false; // removed already
    }
    const used = await inUse().catch(async (error: unknown) => {
      await rename(aside, target); // nobody can say now: rather kept for nothing than lost
      throw error;
    });
    if (used) await rename(aside, target);
    else {
      await rm(aside, { force: true });
      await this.#removeDerived(sha256);
    }
    return !used;
  }

  async #removeDerived(sha256: string): Promise<void> {
    await rm(path.join(this.#derived, sha256.slice(0, 2), sha256), { recursive: true, force: true });
  }

  /** Removes what was made from images that are gone, of a shard as in `kept`. */
  async removeDerivedOrphans(shard: string): Promise<void> {
    for (const sha256 of await listing(path.join(this.#derived, shard)))
      if (!(await this.has(sha256))) await this.#removeDerived(sha256);
  }

  /** Kept images whose names begin with two hexadecimal digits, that were written so long ago. */
  async kept(shard: string, olderThanMs: number): Promise<string[]> {
    const folder = path.join(this.#uploads, shard);
    const found: string[] = [];
    for (const name of await listing(folder)) {
      if (SHA256.test(name) && (await ageMs(path.join(folder, name), 'mtimeMs')) >= olderThanMs)
        found.push(name);
    }
    return found;
  }

  /**
   * Writes something made from an image, so that it appears whole or not at all; not at all when the image was removed
   * meanwhile.
   * @throws StorageFull below the reserve, and what the file system says
   */
  async writeDerived(sha256: string, name: string, data: Buffer): Promise<void> {
    await this.#space.admit();
    if (!(await this.has(sha256))) return;
    const target = this.#derivedPath(sha256, name);
    await mkdir(path.dirname(target), { recursive: true, mode: FOLDER_MODE });
    const temporary = path.join(this.#temporary, randomUUID());
    const file = await create(temporary);
    try {
      await file.writeFile(data);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    if (!(await this.has(sha256))) await this.#removeDerived(sha256); // removed while this was written
  }

  /**
   * Tidies up after processes that died: temporary files are removed, and images that were being removed come back.
   * @param olderThanMs since a temporary file was written to
   * @param removingMs since an image was taken out of its place
   * @returns how many files
   */
  async removeOrphans(olderThanMs: number, removingMs = REMOVING_TAKES_MS): Promise<number> {
    let found = 0;
    for (const name of await listing(this.#temporary)) {
      const file = path.join(this.#temporary, name);
      const sha256 = name.startsWith(REMOVING) ? name.slice(REMOVING.length, REMOVING.length + 64) : null;
      const isOld = sha256
        ? (await ageMs(file, 'ctimeMs')) >= removingMs
        : (await ageMs(file, 'mtimeMs')) >= olderThanMs;
      if (!isOld) continue;
      if (sha256) await rename(file, this.#path(sha256));
      else await rm(file, { force: true });
      found++;
    }
    return found;
  }
}
