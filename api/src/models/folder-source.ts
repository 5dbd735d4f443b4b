/**
 * Folders under MODELS_DIR as a source of versions. Owns what was seen of each folder at the last look.
 *
 *     unseen ──▶ changing (until it is the same for SETTLE_MS) ──▶ read: a new version, or one that is known
 *                    ▲                                               │
 *                    └──────────── names, sizes or times differ ─────┘        folder gone: its versions are retired
 *
 * What is rolled back stays so: content that is known is not labelled again. Only one process looks, under the lock of the
 * maintenance; what is wrong with a folder is a rejected version, which every process sees.
 */
import { createReadStream } from 'node:fs';
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import { MODEL_NAME } from '@scry/shared/contracts/manifest';
import { STABLE } from '@scry/shared/contracts/version';
import type { ModelVersionStore, Version } from '@scry/shared/database/model-versions';
import { modelBlob } from '@scry/shared/models/version-content';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { discardAll, type IncomingFile } from './incoming-file.js';
import { type FolderFile, filesIn, idOf, MANIFEST, manifestOf, versionOf } from './model-folder.js';
import type { PushRequest, VersionService } from './version-service.js';

export interface FolderSourceParts {
  /** MODELS_DIR. */
  readonly directory: string;
  readonly versions: VersionService;
  readonly store: ModelVersionStore;
  readonly blobs: Blobs;
  readonly log: Logger;
  /** Milliseconds; its own clock when left out. */
  readonly now?: () => number;
}

interface Seen {
  readonly fingerprint: string;
  readonly since: number;
  readonly read: boolean;
}

/** A folder is being copied as long as it changes; this long without a change, it is whole. */
const SETTLE_MS = 1000;
/** Why a version was retired that is ready again when its folder comes back. */
const FOLDER_REMOVED = 'Its folder was removed.';
export class FolderSource {
  readonly #parts: FolderSourceParts;
  readonly #seen = new Map<string, Seen>();
  #looked = false;
  #problem: string | null = null;

  constructor(parts: FolderSourceParts) {
    this.#parts = parts;
  }

  /** Why there can be no folders, in a sentence; null when there can. */
  async problem(): Promise<string | null> {
    const { directory } = this.#parts;
    return access(directory, constants.R_OK).then(
      () => null,
      (error: NodeJS.ErrnoException) => {
        const why =
          error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code ?? error.message})`;
        return `MODELS_DIR: ${directory} ${why}. Put a folder for each model into it.`;
      },
    );
  }

  /** One look at all folders. While MODELS_DIR itself cannot be read, nothing is retired. */
  async scan(): Promise<void> {
    const { directory, log } = this.#parts;
    const problem = await this.problem();
    if (problem !== this.#problem && problem !== null) log.error(problem);
    this.#problem = problem;
    if (problem !== null) return;
    const entries = await readdir(directory, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && MODEL_NAME.test(entry.name))
      .map(({ name }) => name);
    for (const name of names.sort()) {
      await this.#look(name).catch((error: Error) => {
        log.error({ model: name, error: error.message }, 'the folder of a model cannot be read');
      });
    }
    await this.#retireMissing(new Set(names));
    this.#looked = true;
  }

  async #look(name: string): Promise<void> {
    const files = await filesIn(path.join(this.#parts.directory, name));
    const fingerprint = JSON.stringify(files);
    const seen = this.#seen.get(name);
    const now = this.#parts.now?.() ?? performance.now();
    if (seen?.fingerprint !== fingerprint) {
      this.#seen.set(name, { fingerprint, since: now, read: false });
      if (this.#looked) return; // it may still be growing; what was there at the start is whole
    } else if (seen.read || now - seen.since < SETTLE_MS) return;
    await this.#read(name, files);
    this.#seen.set(name, { fingerprint, since: now, read: true });
  }

  async #read(name: string, files: readonly FolderFile[]): Promise<void> {
    if (files.length === 0) return;
    const folder = path.join(this.#parts.directory, name);
    const incoming: IncomingFile[] = [];
    try {
      const id = await idOf(folder, files);
      const known = id === null ? null : await this.#known(name, id);
      if (known && (await this.#hasFiles(known))) return;
      for (const file of files) {
        const source = createReadStream(path.join(folder, file.path));
        incoming.push({ path: file.path, blob: await this.#parts.blobs.receive(source, file.bytes) });
      }
      if (known) await this.#restore(known, incoming);
      else await this.#push(name, folder, incoming, id);
    } finally {
      await discardAll(incoming);
    }
  }

  /** The version with this content; null where there is none, or its folder was missing until now. */
  async #known(name: string, id: string): Promise<Version | null> {
    const known = await this.#parts.store.byContent(name, id);
    return known?.state === 'retired' && known.reason === FOLDER_REMOVED ? null : known;
  }

  async #hasFiles({ files }: Version): Promise<boolean> {
    for (const { sha256 } of files)
      if ((await this.#parts.blobs.stat(modelBlob(sha256))) === null) return false;
    return true;
  }

  /** Stores the files of a known version again: those in DATA_DIR are gone, and the folder still has them. */
  async #restore({ name, version, files }: Version, incoming: readonly IncomingFile[]): Promise<void> {
    const needed = new Set(files.map(({ sha256 }) => sha256));
    for (const { blob } of incoming) if (needed.has(blob.sha256)) await blob.keep(modelBlob(blob.sha256));
    this.#parts.log.warn(
      { model: name, version },
      'files of a version were missing and taken from its folder',
    );
  }

  async #push(
    name: string,
    folder: string,
    files: readonly IncomingFile[],
    id: string | null,
  ): Promise<void> {
    const { versions, store, log } = this.#parts;
    const manifest = await manifestOf(folder);
    const request: PushRequest = {
      name,
      version: manifest.ok && id !== null ? await this.#versionFor(name, manifest.value, id) : undefined,
      label: { label: STABLE, weight: 0 },
      manifest: manifest.ok ? manifest.value : {},
      files: manifest.ok ? files.filter((file) => file.path !== MANIFEST) : files,
      source: 'folder',
      createdBy: null,
    };
    const pushed = await versions.push(request);
    if (!pushed.created) return;
    const { version } = pushed.version;
    // At a start all of them are found, and the workers say which they loaded.
    const level = this.#looked ? 'info' : 'debug';
    if (manifest.ok)
      log[level]({ model: name, version }, 'a version was found in its folder and is being checked');
    else await store.finishCheck(name, version, { ok: false, reason: manifest.reason });
  }

  /** The version that the manifest says; with a part of the id where that is taken: by what the folder held before. */
  async #versionFor(name: string, manifest: Readonly<Record<string, unknown>>, id: string): Promise<string> {
    const said = versionOf(manifest);
    const known = await this.#parts.store.get(name, said);
    return known === null || known.id === id ? said : `${said.slice(0, 25)}-${id.slice(0, 6)}`;
  }

  async #retireMissing(there: ReadonlySet<string>): Promise<void> {
    const { store, log } = this.#parts;
    const rows = await store.list({ states: ['ready', 'checking', 'rejected'] });
    for (const { name, version, source, state } of rows) {
      if (source !== 'folder' || there.has(name)) continue;
      this.#seen.delete(name);
      if (state !== 'ready') await store.remove(name, version);
      else {
        await store.retire(name, version, FOLDER_REMOVED, true);
        log.info({ model: name, version }, 'a version was retired: its folder was removed');
      }
    }
  }
}
