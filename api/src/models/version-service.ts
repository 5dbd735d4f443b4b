/**
 * What can be done with versions of models, free of HTTP: routes, the folder watcher, the catalogue and trainings all come
 * here. Files are kept as blobs before the row that names them, and a blob that no row names is removed by the maintenance.
 */

import { MODEL_NAME } from '@scry/shared/contracts/manifest';
import {
  isVersionName,
  LABEL_NAME,
  MOST_SHARES,
  STABLE,
  VERSION_NAME,
  type VersionFile,
  type VersionSource,
  type VersionState,
} from '@scry/shared/contracts/version';
import type { Ending, ModelVersionStore, Version } from '@scry/shared/database/model-versions';
import { contentId, modelBlob } from '@scry/shared/models/version-content';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { Problem } from '../http/problem.js';
import type { IncomingFile } from './incoming-file.js';
import { mergeManifest } from './merge-manifest.js';
import {
  invalid,
  LABEL_HELP,
  notReady,
  sharesTooLarge,
  VERSION_HELP,
  versionAwaited,
  versionLabelled,
} from './version-problems.js';

export interface PushRequest {
  readonly name: string;
  /** Left out: the next number. */
  readonly version?: string | undefined;
  /** The label that it gets once it is ready; null: none. */
  readonly label: { readonly label: string; readonly weight: number } | null;
  /** As far as it was given; the check completes it. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: readonly IncomingFile[];
  readonly source: VersionSource;
  readonly createdBy: string | null;
  readonly metrics?: Readonly<Record<string, unknown>> | null;
}

export interface Pushed {
  readonly version: Version;
  /** False: the model had this content already, and nothing was added. */
  readonly created: boolean;
}

export interface VersionServiceParts {
  readonly store: ModelVersionStore;
  readonly blobs: Blobs;
  /** Asks a worker to check a version. It may be asked again for the same one. */
  readonly requestCheck: (version: Pick<Version, 'name' | 'version' | 'id'>) => Promise<void>;
  /** Fails the predictions that still wait for a version which was removed. */
  readonly endWaiting: (version: Pick<Version, 'name' | 'version'>) => Promise<void>;
  readonly log: Logger;
}

const MOST_FILES = 1000;
/** Files that one transaction looks at. */
const STEP = 500;
/** States of a version of the same content that a push begins again. */
const CHECKED_AGAIN: ReadonlySet<VersionState> = new Set(['rejected', 'retired']);

export class VersionService {
  readonly #parts: VersionServiceParts;

  constructor(parts: VersionServiceParts) {
    this.#parts = parts;
  }

  /**
   * Adds a version and has it checked. The same content again is the same version; one that was rejected or retired is
   * checked again.
   * @throws Problem "invalid-request" or "version-taken"; the files are then still the caller's to discard
   */
  async push(request: PushRequest): Promise<Pushed> {
    checkNames(request);
    await this.#checkLabels(request);
    const files = request.files.map(({ path, blob: { sha256, bytes } }) => ({ path, sha256, bytes }));
    return this.#add(request, files, async () => {
      for (const { blob } of request.files) await blob.keep(modelBlob(blob.sha256));
    });
  }

  /**
   * Adds a version of the same files with another manifest, without a label, and has it checked.
   * @param changes laid over the manifest; fields of `input`, `output` and `batch` one by one, null takes a field out
   * @throws Problem "version-not-found"
   */
  async revise(
    name: string,
    version: string,
    changes: Readonly<Record<string, unknown>>,
    createdBy: string | null,
  ): Promise<Pushed> {
    const { files, manifest, metrics } = await this.get(name, version);
    const { version: _, ...revised } = mergeManifest(manifest, { ...changes, name });
    const request = { name, label: null, manifest: revised, source: 'upload', createdBy, metrics } as const;
    return this.#add(request, files, async () => {});
  }

  /**
   * Takes a version out of use; what was promised to it is still answered.
   * @throws Problem "version-not-found" or "version-in-use"
   */
  async retire(name: string, version: string, reason: string): Promise<Version> {
    return this.#ended(name, version, await this.#parts.store.retire(name, version, reason));
  }

  /**
   * Forgets a version; its files go unless another version has them.
   * @param force also when predictions wait for it, which then fail with code 560
   * @throws Problem "version-not-found" or "version-in-use"
   */
  async remove(name: string, version: string, { force = false } = {}): Promise<Version> {
    const { store } = this.#parts;
    const removed = await this.#ended(name, version, await store.remove(name, version, force));
    if (force) await this.#parts.endWaiting({ name, version });
    await this.#removeFiles(removed.files.map(({ sha256 }) => sha256));
    return removed;
  }

  /**
   * Forgets a model with all its versions.
   * @throws Problem "unknown-model" or "version-in-use"
   */
  async removeModel(name: string, { force = false } = {}): Promise<void> {
    const { store, endWaiting } = this.#parts;
    const removal = await store.removeModel(name, force);
    if ('refused' in removal) {
      if (removal.refused === 'awaited') throw versionAwaited(`versions of ${name}`, removal.predictions);
      throw new Problem('unknown-model', `There is no model "${name}".`);
    }
    for (const { version } of removal.removed) if (force) await endWaiting({ name, version });
    await this.#removeFiles(removal.removed.flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
  }

  /** Keeps a version in memory, or no longer. @throws Problem "version-not-found" */
  async pin(name: string, version: string, pinned: boolean): Promise<Version> {
    const changed = await this.#parts.store.pin(name, version, pinned);
    if (changed) return changed;
    throw await this.#notReady(name, version);
  }

  /** @throws Problem "version-not-found" */
  async get(name: string, version: string): Promise<Version> {
    const found = await this.#parts.store.get(name, version);
    if (found) return found;
    throw await this.#notReady(name, version);
  }

  /** All versions, whatever their state; the newest of each model first. */
  list(name?: string): Promise<Version[]> {
    return this.#parts.store.list(name === undefined ? {} : { name });
  }

  /** Asks again for the checks of versions that wait for one: a queue that lost its jobs costs a moment. */
  async requestChecks(): Promise<void> {
    for (const version of await this.#parts.store.list({ states: ['checking'] }))
      await this.#requestCheck(version);
  }

  /** Removes files that no version has: of pushes that ended between storing and committing. */
  async removeUnusedFiles(olderThanMs: number): Promise<void> {
    const { blobs, log } = this.#parts;
    const old: string[] = [];
    for await (const { key, modifiedAt } of blobs.list('models'))
      if (Date.now() - modifiedAt.getTime() > olderThanMs) old.push(key.slice(key.indexOf('/') + 1));
    const removed = await this.#removeFiles(old);
    if (removed > 0) log.info({ removed }, 'files of models that no version has were removed');
  }

  async #removeFiles(sha256s: readonly string[]): Promise<number> {
    const { store, blobs } = this.#parts;
    let removed = 0;
    for (let start = 0; start < sha256s.length; start += STEP)
      await store.removeUnusedFiles(sha256s.slice(start, start + STEP), async (sha256) => {
        if (await blobs.delete(modelBlob(sha256))) removed++;
      });
    return removed;
  }

  /** What would be refused once the version is ready is refused now. @throws Problem "invalid-request" */
  async #checkLabels({ name, version, label }: PushRequest): Promise<void> {
    const others = (await this.#parts.store.labels(name)).filter((one) => one.label !== label?.label);
    if (others.some((one) => one.label === version))
      throw invalid('version', `"${version}" is the name of a label of this model`);
    if (label === null || label.label === STABLE) return;
    const taken = others.reduce((sum, one) => sum + (one.label === STABLE ? 0 : one.weight), 0);
    if (taken + label.weight > MOST_SHARES) throw sharesTooLarge(taken);
  }

  /** A queue that does not answer is asked again by the maintenance. */
  async #requestCheck(version: Version): Promise<void> {
    const { name, version: named } = version;
    await this.#parts.requestCheck(version).catch((error: Error) => {
      this.#parts.log.warn(
        { model: name, version: named, error: error.message },
        'a check cannot be asked for yet',
      );
    });
  }

  /** @param keep stores the files */
  async #add(
    request: Omit<PushRequest, 'files'>,
    files: readonly VersionFile[],
    keep: () => Promise<void>,
  ): Promise<Pushed> {
    const { store } = this.#parts;
    const { name, label, manifest, source, createdBy, metrics = null } = request;
    const id = contentId(manifest, files);
    const known = await store.byContent(name, id);
    if (known && !CHECKED_AGAIN.has(known.state)) return { version: known, created: false };
    const version = request.version ?? known?.version ?? null;
    const added = { name, version, id, manifest, files, source, createdBy, label, metrics };
    const made = await store.create(added, keep, known?.version);
    if (made) {
      await this.#requestCheck(made);
      return { version: made, created: true };
    }
    const same = await store.byContent(name, id); // somebody pushed the same a moment ago
    if (same) return { version: same, created: false };
    const detail = `The model "${name}" has a version "${request.version}" already, of other content, and a version never changes. Give this one another name, or "auto" as its version for the next number.`;
    throw new Problem('version-taken', detail);
  }

  /** @throws Problem when it did not end */
  async #ended(name: string, version: string, ending: Ending): Promise<Version> {
    if ('ended' in ending) return ending.ended;
    if (ending.refused === 'labelled') throw versionLabelled(name, version, ending.labels);
    if (ending.refused === 'awaited') throw versionAwaited(`${name}@${version}`, ending.predictions);
    throw await this.#notReady(name, version);
  }

  async #notReady(name: string, version: string): Promise<Problem> {
    return notReady(name, version, await this.#parts.store.get(name, version));
  }
}

function checkNames({ name, version, label, files }: PushRequest): void {
  if (!MODEL_NAME.test(name))
    throw invalid('name', 'must be lower-case letters, digits, ".", "_" and "-", 63 characters at the most');
  if (version !== undefined && !VERSION_NAME.test(version)) throw invalid('version', VERSION_HELP);
  if (label && !LABEL_NAME.test(label.label)) throw invalid('label', LABEL_HELP);
  if (version !== undefined && !isVersionName(version))
    throw invalid('version', `"${version}" is the name of a label`);
  if (label && label.label === version) throw invalid('label', 'must differ from the name of the version');
  if (files.length === 0) throw invalid('file', 'is missing: send the weights');
  checkPaths(files.map(({ path }) => path));
  if (files.length > MOST_FILES) throw invalid('file', `a version may have ${MOST_FILES} files at the most`);
}

/** Files that cannot lie in one folder together are refused: two of one path, or one where another has a folder. */
function checkPaths(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) throw invalid('file', `"${path}" came twice`);
    seen.add(path);
  }
  for (const path of paths)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      if (seen.has(path.slice(0, end)))
        throw invalid('file', `"${path.slice(0, end)}" is a file and a folder`);
}
