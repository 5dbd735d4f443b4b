/**
 * Images by the hash of their bytes: written once, never changed, the same image twice stored once. Whoever stores or reads
 * one here sees its hash and its bytes; where they lie is the business of the blobs beneath.
 */
import {
  BlobMissing,
  type Blobs,
  BlobTooLarge,
  type ByteRange,
  HEAD_BYTES,
  type PendingBlob,
} from './blobs.js';
import { DerivedImages } from './derived-images.js';
import { type DiskUse, diskUse } from './disk-use.js';
import { FreeSpace, type Space } from './free-space.js';
import { derivedPrefix, imageKey, imageOf, imagesPrefix, SHARDS } from './image-keys.js';

/** An image that is bigger than it may be. */
export class ImageTooLarge extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number, options?: ErrorOptions) {
    super(`the image is larger than ${maxBytes} bytes`, options);
    this.maxBytes = maxBytes;
  }
}

/** An upload on its way: kept under its hash, or thrown away; or an image that is kept already. */
export interface PendingImage extends Omit<PendingBlob, 'keep'> {
  /** Gives the image its name. */
  keep(): Promise<void>;
}

/** Taking an image out and asking the database takes milliseconds; whoever needs longer has died. */
const WITHDRAWN_MS = 10 * 60_000;

export interface StorageOptions {
  /** Free space that uploads leave on the disk. */
  readonly reserveBytes?: number;
  /** Most bytes of what is made from images. */
  readonly derivedMaxBytes?: number;
}

export class ImageStorage {
  readonly #blobs: Blobs;
  readonly #space: FreeSpace;
  /** What is made from images. */
  readonly derived: DerivedImages;

  constructor(
    blobs: Blobs,
    { reserveBytes = 0, derivedMaxBytes = Number.POSITIVE_INFINITY }: StorageOptions = {},
  ) {
    this.#blobs = blobs;
    this.#space = new FreeSpace(blobs, reserveBytes);
    this.derived = new DerivedImages(blobs, this.#space, derivedMaxBytes);
  }

  /** Free space on the disk, and how much of it uploads leave; a second old at the most. @throws what the store says */
  space(): Promise<Space> {
    return this.#space.measure();
  }

  /** How much room images take, and what is made from them. @param mostFiles about so many of each are looked at */
  async use(mostFiles: number): Promise<{ readonly images: DiskUse; readonly derived: DiskUse }> {
    const images = await diskUse(this.#blobs, SHARDS.map(imagesPrefix), mostFiles);
    return { images, derived: await diskUse(this.#blobs, SHARDS.map(derivedPrefix), mostFiles) };
  }

  /** Resolves when images can be written. @throws StorageFull, and what the store says: EROFS, EACCES, … */
  async check(): Promise<void> {
    await this.#space.admit();
    await this.#blobs.check();
  }

  /** All bytes of a kept image. @throws BlobMissing when it is not kept */
  read(sha256: string): Promise<Buffer> {
    return this.#blobs.read(imageKey(sha256));
  }

  /** The bytes of a kept image, or a range of them, as a stream. @throws BlobMissing before the first byte */
  open(sha256: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    return this.#blobs.open(imageKey(sha256), range);
  }

  /** A kept image as it would be had it been sent again, without another copy; null when it is not kept. */
  async stored(sha256: string): Promise<PendingImage | null> {
    const whole = await this.read(sha256).catch((error: unknown) => {
      if (error instanceof BlobMissing) return null;
      throw error;
    });
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

  /** Puts a kept image into a file, for people who look at files. @throws BlobMissing, and EEXIST where there is such a file */
  copyTo(sha256: string, file: string): Promise<void> {
    return this.#blobs.copyTo(imageKey(sha256), file);
  }

  /** How many bytes a kept image has; null when it is not kept. */
  async size(sha256: string): Promise<number | null> {
    return (await this.#blobs.stat(imageKey(sha256)))?.bytes ?? null;
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.size(sha256)) !== null;
  }

  /**
   * Takes an image while it arrives, hashing as it comes.
   * @throws StorageFull below the reserve, ImageTooLarge beyond `maxBytes`, and what the stream or the store says; nothing
   *   stays behind
   */
  async receive(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PendingImage> {
    await this.#space.admit();
    const pending = await this.#blobs.receive(chunks, maxBytes).catch((error: unknown) => {
      throw error instanceof BlobTooLarge ? new ImageTooLarge(maxBytes, { cause: error }) : error;
    });
    this.#space.written(pending.bytes);
    return { ...pending, keep: () => pending.keep(imageKey(pending.sha256)) };
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
    const withdrawn = await this.#blobs.withdraw(imageKey(sha256));
    if (!withdrawn) {
      await this.derived.remove(sha256);
      return false; // removed already
    }
    const used = await inUse().catch(async (error: unknown) => {
      await withdrawn.restore(); // nobody can say now: rather kept for nothing than lost
      throw error;
    });
    if (used) await withdrawn.restore();
    else {
      await withdrawn.remove();
      await this.derived.remove(sha256);
    }
    return !used;
  }

  /** Kept images whose names begin with two hexadecimal digits, that were written so long ago. */
  async kept(shard: string, olderThanMs: number): Promise<string[]> {
    const found: string[] = [];
    for await (const { key, modifiedAt } of this.#blobs.list(imagesPrefix(shard))) {
      const sha256 = imageOf(key);
      if (sha256 && Date.now() - modifiedAt.getTime() >= olderThanMs) found.push(sha256);
    }
    return found;
  }

  /**
   * Tidies up after processes that died: what they had begun to receive is removed, and images that were being removed come
   * back.
   * @param olderThanMs since the last bytes came
   * @param withdrawnMs since an image was taken out of its place
   * @returns how many
   */
  removeOrphans(olderThanMs: number, withdrawnMs = WITHDRAWN_MS): Promise<number> {
    return this.#blobs.recover(olderThanMs, withdrawnMs);
  }
}
