/**
 * Images filed by class under `results/<model>/<class>/`, for manifests with `images: by-class`. They are for people who look
 * into folders, so they are files by nature; images come into them as any blob becomes a file of its caller's, on a local disk
 * as hard links that take no room.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type FileError, listing, makeFolder, removeFile, safeName } from './files.js';
import type { ImageStorage } from './image-storage.js';

/** One of them. */
export interface FiledLink {
  /** The file's name without its extension: the prediction's id. */
  readonly name: string;
  /** @returns whether it was there */
  remove(): Promise<boolean>;
}

export class FiledLinks {
  readonly #folder: string;
  readonly #images: Pick<ImageStorage, 'copyTo'>;

  /** @param folder absolute path of `results` */
  constructor(folder: string, images: Pick<ImageStorage, 'copyTo'>) {
    this.#folder = folder;
    this.#images = images;
  }

  /** Files an image under its class. Asked twice, it is filed once. @throws BlobMissing when there is no such image */
  async add(sha256: string, model: string, className: string, fileName: string): Promise<void> {
    const folder = path.join(this.#folder, safeName(model), safeName(className));
    await makeFolder(folder);
    await this.#images.copyTo(sha256, path.join(folder, safeName(fileName))).catch((error: FileError) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }

  /** Removes a link, whichever of the classes and names it has. */
  async remove(model: string, classNames: readonly string[], fileNames: readonly string[]): Promise<void> {
    for (const className of classNames) {
      const folder = path.join(this.#folder, safeName(model), safeName(className));
      for (const fileName of fileNames) await rm(path.join(folder, safeName(fileName)), { force: true });
    }
  }

  /** All links, some at a time. */
  async *all(atOnce: number): AsyncGenerator<readonly FiledLink[]> {
    let some: FiledLink[] = [];
    for (const model of await listing(this.#folder)) {
      for (const className of await listing(path.join(this.#folder, model))) {
        for (const file of await listing(path.join(this.#folder, model, className))) {
          const place = path.join(this.#folder, model, className, file);
          some.push({ name: path.parse(file).name, remove: () => removeFile(place) });
          if (some.length < atOnce) continue;
          yield some;
          some = [];
        }
      }
    }
    if (some.length > 0) yield some;
  }
}
