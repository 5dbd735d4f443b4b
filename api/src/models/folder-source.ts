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
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MODEL_NAME } from '@scry/shared/contracts/manifest';
import { STABLE, VERSION_NAME, type VersionFile } from '@scry/shared/contracts/version';
import type { ModelVersionStore, Version } from '@scry/shared/database/model-versions';
import { contentId, modelBlob } from '@scry/shared/models/version-content';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { discardAll } from './intake.js';
import type { IncomingFile, PushRequest, VersionService } from './version-service.js';

export interface FolderSourceParts {
  /** MODELS_DIR. */
  readonly directory: string;
  readonly versions: VersionService;
  readonly store: ModelVersionStore;
  readonly blobs: Blobs;
  readonly log: Logger;
}

interface Seen {
  readonly fingerprint: string;
  readonly since: number;
  readonly read: boolean;
}

/** A folder is being copied as long as it changes; this long without a change, it is whole. */
const SETTLE_MS = 1000;
const MANIFEST = 'manifest.json';
/** Why a version was retired that is ready again when its folder comes back. */
const FOLDER_REMOVED = 'Its folder was removed.';
const MOST_FILES = 1000;
const DEEPEST = 4;

interface FolderFile {
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: number;
}

/** Files of a folder by their paths in it, in order; hidden ones are nobody's. */
async function filesIn(folder: string, prefix = '', depth = 0): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  const entries = await readdir(path.join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path.posix.join(prefix, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory() && depth < DEEPEST) files.push(...(await filesIn(folder, inner, depth + 1)));
    else if (!entry.isDirectory()) {
      const found = await stat(path.join(folder, inner));
      if (found.isFile()) files.push({ path: inner, bytes: found.size, changedAt: found.mtimeMs }); // a pipe would never end
    }
    if (files.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} files`);
  }
  return files;
}

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
    const now = performance.now();
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
    if (manifest.ok)
      log.info({ model: name, version }, 'a version was found in its folder and is being checked');
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
        await store.retire(name, version, FOLDER_REMOVED);
        log.info({ model: name, version }, 'a version was retired: its folder was removed');
      }
    }
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The id that a folder's version has or will have; null when its manifest cannot be read. */
async function idOf(folder: string, files: readonly FolderFile[]): Promise<string | null> {
  const manifest = await manifestOf(folder);
  if (!manifest.ok) return null;
  const hashed: VersionFile[] = [];
  for (const { path: file, bytes } of files)
    if (file !== MANIFEST)
      hashed.push({ path: file, sha256: await hashFile(path.join(folder, file)), bytes });
  return contentId(manifest.value, hashed);
}

type ReadManifest =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string };

/** What a folder says of itself; nothing where there is no manifest. */
async function manifestOf(folder: string): Promise<ReadManifest> {
  const text = await readFile(path.join(folder, MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { ok: false, reason: 'manifest.json: must be one JSON object' };
    const { name } = value as { name?: unknown };
    if (name !== undefined && name !== path.basename(folder))
      return {
        ok: false,
        reason: `manifest.json: name: "${String(name)}" must be the folder's name, "${path.basename(folder)}"`,
      };
    return { ok: true, value: { ...value } };
  } catch (error) {
    return { ok: false, reason: `manifest.json is not valid JSON: ${(error as Error).message}` };
  }
}

const versionOf = ({ version }: Readonly<Record<string, unknown>>): string =>
  typeof version === 'string' && VERSION_NAME.test(version) ? version : '1';
