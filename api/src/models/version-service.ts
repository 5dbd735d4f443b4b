/**
 * What can be done with versions of models, free of HTTP: routes, the folder watcher, the catalogue and trainings all come
 * here. Files are kept as blobs before the row that names them, and a blob that no row names is removed by the maintenance.
 */

import { MODEL_NAME } from '@scry/shared/contracts/manifest';
import {
  CANARY,
  LABEL_NAME,
  STABLE,
  VERSION_NAME,
  type VersionFile,
  type VersionSource,
} from '@scry/shared/contracts/version';
import type { ModelVersionStore, StoredLabel, Version } from '@scry/shared/database/model-versions';
import { contentId, modelBlob } from '@scry/shared/models/version-content';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs, PendingBlob } from '@scry/shared/storage/blobs';
import { Problem } from '../http/problems.js';
import { mergeManifest } from './merge-manifest.js';

/** A file of a version that has arrived and is not kept yet. */
export interface IncomingFile {
  /** Where it lies in the model's folder, such as "model.onnx" or "shards/1.bin". */
  readonly path: string;
  readonly blob: PendingBlob;
}

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
  readonly log: Logger;
}

const MOST_FILES = 1000;

export class VersionService {
  readonly #parts: VersionServiceParts;

  constructor(parts: VersionServiceParts) {
    this.#parts = parts;
  }

  /**
   * Adds a version and has it checked. The same content again is the same version.
   * @throws Problem "invalid-request" or "version-taken"; the files are then still the caller's to discard
   */
  async push(request: PushRequest): Promise<Pushed> {
    checkNames(request);
    const { store } = this.#parts;
    const files = request.files.map(({ path, blob: { sha256, bytes } }) => ({ path, sha256, bytes }));
    const id = contentId(request.manifest, files);
    const known = await store.byContent(request.name, id);
    if (known?.state === 'retired') await store.remove(known.name, known.version);
    else if (known) return { version: known, created: false };
    await this.#keep(request.files);
    const version = await this.#create(request, id, files, known?.version);
    if (!version.created) return version;
    await this.#requestCheck(version.version);
    return version;
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
    const id = contentId(revised, files);
    const known = await this.#parts.store.byContent(name, id);
    if (known && known.state !== 'retired') return { version: known, created: false };
    if (known) await this.#parts.store.remove(name, known.version);
    const request = { name, label: null, manifest: revised, source: 'upload', createdBy, metrics } as const;
    const made = await this.#create(request, id, files, undefined);
    if (made.created) await this.#requestCheck(made.version);
    return made;
  }

  /** Points a label at a version that is ready. @throws Problem "invalid-request" or "version-not-found" */
  async setLabel(name: string, label: string, version: string, weight: number): Promise<StoredLabel> {
    if (!LABEL_NAME.test(label)) throw invalid('label', LABEL_HELP);
    const others = (await this.#parts.store.labels(name)).filter(
      (one) => one.label !== label && one.label !== STABLE,
    );
    const taken = others.reduce((sum, one) => sum + one.weight, 0);
    if (label !== STABLE && taken + weight > 100)
      throw invalid(
        'weight',
        `the shares of all labels may be 100 % together, and others have ${taken} % already`,
      );
    const set = await this.#parts.store.setLabel(name, label, version, label === STABLE ? 0 : weight);
    if (set) return set;
    throw await this.#notReady(name, version);
  }

  /** Makes a label's version the stable one and ends the label. @throws Problem "version-not-found" */
  async promote(name: string, label = CANARY): Promise<StoredLabel> {
    const found = (await this.#parts.store.labels(name)).find((one) => one.label === label);
    if (!found)
      throw new Problem('version-not-found', `The model "${name}" has no label "${label}" to promote.`);
    const stable = await this.setLabel(name, STABLE, found.version, 0);
    await this.#parts.store.removeLabel(name, label);
    return stable;
  }

  /** Points a label at what it pointed to before. @throws Problem "version-not-found" */
  async rollBack(name: string, label = STABLE): Promise<StoredLabel> {
    const back = await this.#parts.store.rollBack(name, label);
    if (back) return back;
    throw new Problem(
      'version-not-found',
      `The label "${label}" of "${name}" pointed to nothing else before that could still be used.`,
    );
  }

  /** Ends a label. @throws Problem "version-not-found" */
  async removeLabel(name: string, label: string): Promise<void> {
    if (await this.#parts.store.removeLabel(name, label)) return;
    throw new Problem('version-not-found', `The model "${name}" has no label "${label}".`);
  }

  /** Takes a version out of use; what was promised to it is still answered. @throws Problem "version-in-use" */
  async retire(name: string, version: string, reason: string): Promise<Version> {
    await this.#refuseIfStable(name, version);
    const retired = await this.#parts.store.retire(name, version, reason);
    if (retired) return retired;
    throw await this.#notReady(name, version);
  }

  /**
   * Forgets a version; its files go unless another version has them.
   * @throws Problem "version-not-found" or "version-in-use"
   */
  async remove(name: string, version: string): Promise<Version> {
    await this.#refuseIfStable(name, version);
    const removed = await this.#parts.store.remove(name, version);
    if (!removed) throw await this.#notReady(name, version);
    for (const { sha256 } of removed.files)
      if (!(await this.#parts.store.usesFile(sha256))) await this.#parts.blobs.delete(modelBlob(sha256));
    return removed;
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

  /** Labels of a model. */
  labels(name: string): Promise<StoredLabel[]> {
    return this.#parts.store.labels(name);
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

  /** Removes files that no version has: of pushes that ended between keeping and committing. */
  async removeUnusedFiles(olderThanMs: number): Promise<void> {
    const { blobs, store } = this.#parts;
    for await (const { key, modifiedAt } of blobs.list('models')) {
      const sha256 = key.slice(key.indexOf('/') + 1);
      if (Date.now() - modifiedAt.getTime() > olderThanMs && !(await store.usesFile(sha256)))
        await blobs.delete(key);
    }
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

  async #keep(files: readonly IncomingFile[]): Promise<void> {
    for (const { blob } of files) await blob.keep(modelBlob(blob.sha256));
  }

  async #create(
    request: Omit<PushRequest, 'files'>,
    id: string,
    files: readonly VersionFile[],
    before: string | undefined,
  ): Promise<Pushed> {
    const { store } = this.#parts;
    const { name, label, manifest, source, createdBy, metrics = null } = request;
    for (;;) {
      const version = request.version ?? before ?? (await this.#nextNumber(name));
      const made = await store.create({
        name,
        version,
        id,
        manifest,
        files,
        source,
        createdBy,
        label,
        metrics,
      });
      if (made) return { version: made, created: true };
      const same = await store.byContent(name, id); // somebody pushed the same a moment ago
      if (same) return { version: same, created: false };
      if (request.version !== undefined) {
        const detail = `The model "${name}" has a version "${version}" already, of other content. A version never changes: choose another name for it, or leave it out.`;
        throw new Problem('version-taken', detail);
      }
    }
  }

  async #nextNumber(name: string): Promise<string> {
    const numbers = (await this.list(name)).map(({ version }) =>
      /^\d+$/.test(version) ? Number(version) : 0,
    );
    return String(Math.max(0, ...numbers) + 1);
  }

  async #refuseIfStable(name: string, version: string): Promise<void> {
    const labels = await this.#parts.store.labels(name);
    const used = labels.filter((label) => label.version === version).map(({ label }) => label);
    const versions = await this.#parts.store.list({ name, states: ['ready'] });
    if (used.length === 0 || versions.every((one) => one.version === version)) return;
    const detail = `${name}@${version} is what the label "${used.join('", "')}" points to. Point it to another version first, or roll it back.`;
    throw new Problem('version-in-use', detail);
  }

  async #notReady(name: string, version: string): Promise<Problem> {
    const found = await this.#parts.store.get(name, version);
    const detail = found
      ? `${name}@${version} is ${found.state}${found.reason ? `: ${found.reason}` : ''}. Only a version that is ready can be used.`
      : `There is no version "${version}" of "${name}". GET /v1/models/${name}/versions lists them.`;
    return new Problem('version-not-found', detail);
  }
}

const LABEL_HELP =
  'must begin with a lower-case letter, and hold letters, digits, "_" and "-", 32 at the most';

const invalid = (field: string, message: string) =>
  new Problem('invalid-request', `${field}: ${message}.`, { errors: [{ field, message }] });

function checkNames({ name, version, label, files }: PushRequest): void {
  if (!MODEL_NAME.test(name))
    throw invalid('name', 'must be lower-case letters, digits, ".", "_" and "-", 63 characters at the most');
  if (version !== undefined && !VERSION_NAME.test(version))
    throw invalid('version', 'must be letters, digits, ".", "_" and "-", 32 characters at the most');
  if (label && !LABEL_NAME.test(label.label)) throw invalid('label', LABEL_HELP);
  if (label && label.label === version) throw invalid('label', 'must differ from the name of the version');
  if (files.length === 0) throw invalid('file', 'is missing: send the weights');
  if (files.length > MOST_FILES) throw invalid('file', `a version may have ${MOST_FILES} files at the most`);
}
