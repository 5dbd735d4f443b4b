/**
 * Folders with the files of versions, for engines that read files. Owns FOLDER, which is this process's alone:
 *
 *     FOLDER/<name>-<id of the version>/<name of the model>/…   made when first asked for, removed with `forget`
 *
 * A folder appears by a rename when it is whole, so that one that was begun and left is never taken for a model.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Version } from '@scry/shared/database/model-versions';
import { loadModel, type Model } from '@scry/shared/models/model-folders';
import { modelBlob } from '@scry/shared/models/version-content';
import type { Blobs } from '@scry/shared/storage/blobs';

/** What is needed of a version to lay its files out. */
export type VersionContent = Pick<Version, 'name' | 'version' | 'id' | 'manifest' | 'files'>;

type Identity = Pick<Version, 'name' | 'id'>;

export class ModelFiles {
  readonly #folder: string;
  readonly #blobs: Blobs;

  /** @param folder absolute path; made when it is first used */
  constructor(folder: string, blobs: Blobs) {
    this.#folder = folder;
    this.#blobs = blobs;
  }

  /** A version that is ready as a model with files. @throws BlobMissing, and what the file system says */
  async model(version: VersionContent): Promise<Model> {
    return loadModel(await this.folder(version));
  }

  /** The folder with a version's files and its manifest. @throws BlobMissing, and what the file system says */
  async folder(version: VersionContent): Promise<string> {
    const target = this.#place(version);
    const made = path.join(target, version.name);
    if (await exists(made)) return made;
    const partial = path.join(this.#folder, `partial-${randomUUID()}`);
    try {
      await this.#layOut(version, path.join(partial, version.name));
      await rename(partial, target).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // made meanwhile, with the same content
      });
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    return made;
  }

  /** A sentence without the path of a version's folder: what people are told names files as they know them. */
  withoutFolder(version: Identity, sentence: string): string {
    return sentence.replaceAll(`${path.join(this.#place(version), version.name)}${path.sep}`, '');
  }

  /** Removes a version's files here; the blobs stay. */
  async forget(version: Identity): Promise<void> {
    await rm(this.#place(version), { recursive: true, force: true });
  }

  /** Removes everything: for the end of the process. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Models of other names may have the same content. */
  #place({ name, id }: Identity): string {
    return path.join(this.#folder, `${name}-${id}`);
  }

  async #layOut({ name, version, manifest, files }: VersionContent, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const { path: file, sha256 } of files) {
      const target = path.join(folder, file);
      if (!target.startsWith(`${folder}${path.sep}`))
        throw new Error(`the file "${file}" lies outside the model's folder`);
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      await this.#blobs.copyTo(modelBlob(sha256), target);
    }
    await writeFile(path.join(folder, 'manifest.json'), JSON.stringify({ ...manifest, name, version }));
  }
}

async function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
