/** What is made from images: thumbnails, crops, annotated images. Any of it may be deleted at any time. */
import { BlobMissing, type Blobs } from './blobs.js';
import { DerivedLimit } from './derived-limit.js';
import type { FreeSpace } from './free-space.js';
import { derivedOfImage, derivedPrefix, imageKey, imageOf } from './image-keys.js';

export class DerivedImages {
  readonly #blobs: Blobs;
  readonly #space: FreeSpace;
  readonly #limit: DerivedLimit;

  /** @param maxBytes of all of them together */
  constructor(blobs: Blobs, space: FreeSpace, maxBytes: number) {
    this.#blobs = blobs;
    this.#space = space;
    this.#limit = new DerivedLimit(blobs, maxBytes);
  }

  /** Something that was made from an image, such as "thumb-256.webp"; null when it is not there. */
  async read(sha256: string, name: string): Promise<Buffer | null> {
    return this.#blobs.read(`${derivedOfImage(sha256)}/${name}`).catch((error: unknown) => {
      if (error instanceof BlobMissing) return null;
      throw error;
    });
  }

  /**
   * Stores something made from an image, so that it appears whole or not at all; not at all when the image was removed
   * meanwhile.
   * @throws StorageFull below the reserve, and what the store says
   */
  async write(sha256: string, name: string, data: Buffer): Promise<void> {
    await this.#space.admit();
    if (!(await this.#hasImage(sha256))) return;
    await this.#blobs.cache(`${derivedOfImage(sha256)}/${name}`, data);
    if (await this.#hasImage(sha256)) await this.#limit.wrote(sha256, data.length);
    else await this.remove(sha256); // the image was removed while this was written
  }

  /** Removes all that was made from an image. */
  async remove(sha256: string): Promise<void> {
    await this.#blobs.deleteAll(derivedOfImage(sha256));
  }

  /** Removes files of a shard that were written longer ago. @returns how many */
  removeOld(shard: string, olderThanMs: number): Promise<number> {
    return this.#limit.removeOld(shard, olderThanMs);
  }

  /** Removes what was made from images of a shard that are gone. */
  async removeOrphans(shard: string): Promise<void> {
    const images = new Set<string>();
    for await (const { key } of this.#blobs.list(derivedPrefix(shard))) images.add(imageOf(key) ?? '');
    images.delete('');
    for (const sha256 of images) if (!(await this.#hasImage(sha256))) await this.remove(sha256);
  }

  async #hasImage(sha256: string): Promise<boolean> {
    return (await this.#blobs.stat(imageKey(sha256))) !== null;
  }
}
