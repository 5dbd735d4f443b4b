/**
 * Embeddings that trainings keep for the next ones, as blobs: `embeddings/<content of the base>/<data set>`. Each holds those of
 * the images of the last training on its data set, so that nothing is kept of images that were taken out.
 */
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Blobs } from '@scry/shared/storage/blobs';
import { keepBytes } from './snapshot.js';

/** Besides the data set's own, the newest of other data sets on the same base: images are known by their hashes. */
const MOST_PACKS = 8;

const folderOf = (base: string) => `embeddings/${base}`;

/** Puts kept embeddings into files. @param base the content id of its version @returns the files */
export async function layOutPacks(
  blobs: Blobs,
  base: string,
  datasetId: string,
  folder: string,
): Promise<string[]> {
  const found: { key: string; rank: number }[] = [];
  for await (const { key, modifiedAt } of blobs.list(folderOf(base)))
    found.push({
      key,
      rank: key.endsWith(`/${datasetId}`) ? Number.POSITIVE_INFINITY : modifiedAt.getTime(),
    });
  const chosen = found.sort((a, b) => b.rank - a.rank).slice(0, MOST_PACKS);
  await mkdir(path.join(folder, 'packs'));
  const files: string[] = [];
  for (const [index, { key }] of chosen.entries()) {
    const file = path.join(folder, 'packs', String(index));
    await blobs.copyTo(key, file);
    files.push(file);
  }
  return files;
}

/** Keeps the embeddings of a training, in the place of those of the one before on the same data set. */
export async function keepPack(blobs: Blobs, base: string, datasetId: string, file: string): Promise<void> {
  await keepBytes(blobs, `${folderOf(base)}/${datasetId}`, createReadStream(file));
}
