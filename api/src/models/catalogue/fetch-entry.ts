/** Fetches the files of an entry into storage and verifies each by its hash. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Blobs, BlobTooLarge } from '@scry/shared/storage/blobs';
import { discardAll, type IncomingFile } from '../incoming-file.js';
import type { CatalogueEntry, CatalogueFile, NpmSource } from './entry.js';
import { fetchFile } from './https-source.js';
import { fetchPackage } from './npm-source.js';
import { readPackageFiles } from './package-files.js';
import { checkHash, checkSize, PullProblem } from './pull-problem.js';

export interface FetchOptions {
  readonly blobs: Blobs;
  /** Where packages lie while they are read. */
  readonly folder: string;
  /** Whether private addresses may be fetched from by https. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  /** Told how many bytes have come, of all that are downloaded. */
  readonly onProgress: (bytes: number) => void;
}

/** Folders of processes that died while they fetched. */
const ORPHAN_MS = 24 * 3600 * 1000;

/** @throws PullProblem when it is not what the catalogue says */
async function receive(
  blobs: Blobs,
  file: CatalogueFile,
  bytes: AsyncIterable<Uint8Array>,
): Promise<IncomingFile> {
  const what = `The file ${file.path}`;
  const blob = await blobs.receive(bytes, file.bytes).catch((error: unknown) => {
    if (!(error instanceof BlobTooLarge)) throw error;
    throw new PullProblem(
      `${what} is larger than the catalogue promises (${file.bytes} bytes): nothing of it was taken.`,
    );
  });
  try {
    checkSize(what, blob.bytes, file.bytes);
    checkHash(what, blob.sha256, file.sha256);
  } catch (error) {
    await blob.discard();
    throw error;
  }
  return { path: file.path, blob };
}

async function removeOrphans(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await stat(path.join(folder, name));
    if (Date.now() - mtimeMs > ORPHAN_MS) await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

async function fromPackage(
  source: NpmSource,
  files: readonly CatalogueFile[],
  { blobs, folder, signal, onProgress }: FetchOptions,
  received: IncomingFile[],
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeOrphans(folder);
  const own = path.join(folder, randomUUID());
  await mkdir(own, { mode: 0o700 });
  try {
    const archive = await fetchPackage(source, { folder: own, signal, onProgress });
    const wanted = new Map(files.map((file) => [file.from, file]));
    const missing = await readPackageFiles(archive, [...wanted.keys()], async (name, bytes) => {
      received.push(await receive(blobs, wanted.get(name) as CatalogueFile, bytes));
    });
    if (missing.length > 0) throw new PullProblem(`${source.package} has no ${missing.join(', ')}.`);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/**
 * Fetches all files of an entry; they must be kept or discarded.
 * @throws PullProblem and what storage says; nothing stays behind then
 */
export async function fetchEntry(entry: CatalogueEntry, options: FetchOptions): Promise<IncomingFile[]> {
  const { blobs, allowPrivate, signal, onProgress } = options;
  const received: IncomingFile[] = [];
  let bytes = 0;
  const count = (more: number) => {
    bytes += more;
    onProgress(bytes);
  };
  try {
    if (entry.source.kind === 'npm') await fromPackage(entry.source, entry.files, options, received);
    else
      for (const file of entry.files)
        received.push(await receive(blobs, file, fetchFile(file.from, { allowPrivate, signal }, count)));
    return received;
  } catch (error) {
    await discardAll(received);
    throw error;
  }
}
