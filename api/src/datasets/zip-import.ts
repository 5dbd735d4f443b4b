/**
 * Reads a zip into a data set: a folder per class, or images with a `labels.csv`. Entries are read one after the other and
 * nothing is held in memory; whoever looks at the import sees how far it is.
 *
 *     running ──▶ succeeded | failed (what was added by then stays)
 *
 * While the database is unavailable it waits and then goes on.
 */
import path from 'node:path';
import { classNameSchema, type Skipped } from '@scry/shared/contracts/dataset';
import type { DatasetStore, ImportProgress } from '@scry/shared/database/datasets';
import { persist } from '@scry/shared/database/persist';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import { StorageFull } from '@scry/shared/storage/free-space';
import { type ImageStorage, ImageTooLarge } from '@scry/shared/storage/image-storage';
import { type ZipEntry, type ZipLimits, ZipProblem, zipEntries } from '@scry/shared/storage/zip-reader';
import { Problem } from '../http/problems.js';
import type { DatasetService } from './dataset-service.js';
import { classesIn } from './labels-csv.js';

export interface ImportParts {
  readonly datasets: DatasetStore;
  readonly service: DatasetService;
  readonly storage: ImageStorage;
  readonly blobs: Blobs;
  readonly maxImageBytes: number;
  readonly limits: ZipLimits;
  readonly log: Logger;
}

const MOST_REPORTED = 200;
const RECORD_EVERY_MS = 1000;
const LABELS = 'labels.csv';
const MOST_LABELS_BYTES = 32 << 20;
const OTHER_FILES = /\.(txt|md|csv|json|xml|ya?ml|html?|pdf)$/i;

type FileEntry = Extract<ZipEntry, { kind: 'file' }>;

/** What the zip says of the class of each image. */
interface Labelling {
  /** A folder around everything, with its slash; "" where there is none. */
  readonly top: string;
  /** Classes by path, from labels.csv; null where folders tell. */
  readonly listed: ReadonlyMap<string, string> | null;
}

export class ZipImport {
  readonly id: string;
  readonly #parts: ImportParts;
  readonly #datasetId: string;
  readonly #skipped: Skipped[] = [];
  #added = 0;
  #repeated = 0;
  #skippedCount = 0;
  #recordedAt = 0;

  constructor(parts: ImportParts, datasetId: string, id: string) {
    this.#parts = parts;
    this.#datasetId = datasetId;
    this.id = id;
  }

  /** Reads the zip that is stored under a key, and removes it. Never throws: how it went is in the row. */
  async run(key: string, stop: AbortSignal): Promise<void> {
    const { blobs, log } = this.#parts;
    try {
      await this.#readAll(key, stop);
      await this.#record('succeeded', null, stop);
    } catch (error) {
      const known = [ZipProblem, Problem, StorageFull].some((kind) => error instanceof kind);
      if (!known) log.error({ error, import: this.id }, 'the import of a zip failed');
      const reason = known ? (error as Error).message : 'Something went wrong here; see the log.';
      await this.#record('failed', reason, stop).catch((cause: Error) =>
        log.error({ error: cause.message, import: this.id }, 'the end of an import was not written'),
      );
    } finally {
      await blobs
        .delete(key)
        .catch((error: Error) =>
          log.warn({ error: error.message, key }, 'a zip was not removed; the maintenance will'),
        );
    }
  }

  async #readAll(key: string, stop: AbortSignal): Promise<void> {
    const labelling = await this.#labelling(key);
    for await (const entry of this.#entries(key)) {
      if (stop.aborted)
        throw new ZipProblem(
          'The server is stopping. Send the zip again: what is there already is not added twice.',
        );
      if (entry.kind === 'skipped') this.#skip(entry.path, entry.reason);
      else await this.#take(entry, labelling, stop);
      if (performance.now() - this.#recordedAt > RECORD_EVERY_MS) await this.#record('running', null, stop);
    }
  }

  #entries(key: string): AsyncGenerator<ZipEntry> {
    return zipEntries(this.#parts.blobs, key, this.#parts.limits);
  }

  /** Looks at the names before any image is read: labels.csv may lie anywhere in the zip. */
  async #labelling(key: string): Promise<Labelling> {
    const tops = new Set<string>();
    let deep = true;
    let labels: FileEntry | null = null;
    for await (const entry of this.#entries(key)) {
      if (entry.kind !== 'file') continue;
      const parts = entry.path.split('/');
      const isList = parts.at(-1)?.toLowerCase() === LABELS;
      tops.add(parts.length > 1 ? (parts[0] as string) : '');
      if (isList && parts.length <= 2) labels = entry;
      else if (parts.length < 3 && !OTHER_FILES.test(entry.path)) deep = false;
    }
    const [only = ''] = tops;
    const top = tops.size === 1 && only !== '' && (deep || labels) ? `${only}/` : '';
    if (!labels) return { top, listed: null };
    return { top, listed: classesIn(await this.#text(key, labels.path)) };
  }

  /** A zip is read from its beginning for each pass, since an entry can be read only in its turn. */
  async #text(key: string, name: string): Promise<string> {
    for await (const entry of this.#entries(key)) {
      if (entry.kind !== 'file' || entry.path !== name) continue;
      if (entry.bytes > MOST_LABELS_BYTES)
        throw new ZipProblem(`${name} is larger than ${MOST_LABELS_BYTES} bytes`);
      const parts: Uint8Array[] = [];
      for await (const part of entry.open()) parts.push(part);
      return Buffer.concat(parts).toString('utf8');
    }
    throw new ZipProblem(`${name} is gone from the zip`);
  }

  async #take(entry: FileEntry, labelling: Labelling, stop: AbortSignal): Promise<void> {
    const inner = entry.path.startsWith(labelling.top) ? entry.path.slice(labelling.top.length) : entry.path;
    if (OTHER_FILES.test(inner)) return;
    const label = classOf(inner, labelling.listed);
    if (label !== null && !classNameSchema.safeParse(label).success)
      return this.#skip(entry.path, `"${label.slice(0, 100)}" cannot be the name of a class`);
    try {
      const { created } = await this.#add(entry, label, path.posix.basename(inner), stop);
      if (created) this.#added++;
      else this.#repeated++;
    } catch (error) {
      const reason = aboutTheImage(error);
      if (reason === null) throw error;
      this.#skip(entry.path, reason);
    }
  }

  async #add(entry: FileEntry, label: string | null, fileName: string, stop: AbortSignal) {
    const { storage, service, maxImageBytes, log } = this.#parts;
    const upload = await storage.receive(entry.open() as AsyncIterable<Buffer>, maxImageBytes);
    try {
      const description = {
        class: label,
        split: null,
        source: 'zip',
        fileName: fileName.slice(0, 200),
      } as const;
      const image = await service.store(upload);
      return await persist(() => service.addStored(this.#datasetId, image, description), stop, log);
    } finally {
      await upload.discard();
    }
  }

  #skip(entry: string, reason: string): void {
    this.#skippedCount++;
    if (this.#skipped.length < MOST_REPORTED) this.#skipped.push({ path: entry, reason });
  }

  async #record(state: ImportProgress['state'], error: string | null, stop: AbortSignal): Promise<void> {
    const { datasets, log } = this.#parts;
    const progress = {
      state,
      added: this.#added,
      repeated: this.#repeated,
      skipped: this.#skippedCount,
      report: this.#skipped,
      error,
    };
    await persist(() => datasets.recordImport(this.id, progress), stop, log);
    this.#recordedAt = performance.now();
  }
}

/** The class of an image: what labels.csv says, else the folder it lies in; null: it is not labelled. */
function classOf(inner: string, listed: ReadonlyMap<string, string> | null): string | null {
  if (listed) return listed.get(inner) ?? listed.get(path.posix.basename(inner)) ?? null;
  const folders = inner.split('/').slice(0, -1);
  return folders.at(-1)?.trim() ?? null;
}

const ABOUT_THE_IMAGE: ReadonlySet<string> = new Set([
  'no-image',
  'unsupported-image',
  'unreadable-image',
  'too-many-pixels',
]);

/** Why an image was not taken, when it is its own fault; null: going on would be of no use. */
function aboutTheImage(error: unknown): string | null {
  if (error instanceof ImageTooLarge || error instanceof ZipProblem) return error.message;
  return error instanceof Problem && ABOUT_THE_IMAGE.has(error.problem) ? error.message : null;
}
