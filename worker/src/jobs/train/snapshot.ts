/** The labelled images of a data set as they are when a training begins: what is changed later does not matter to it. */
import { createHash } from 'node:crypto';
import type { DatasetItemStore } from '@scry/shared/database/dataset-items';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { TrainingItem } from './protocol.js';

const MOST_BYTES = 2 ** 30;

export interface Snapshot {
  readonly items: readonly TrainingItem[];
  /** SHA-256 of the images, their classes and splits, in whatever order they came. */
  readonly hash: string;
}

export function snapshotOf(items: readonly TrainingItem[]): Snapshot {
  const sorted = [...items].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const hash = createHash('sha256');
  for (const item of sorted) hash.update(JSON.stringify([item.sha256, item.class, item.split]));
  return { items: sorted, hash: hash.digest('hex') };
}

/** Reads the labelled items of a data set. */
export async function takeSnapshot(items: DatasetItemStore, datasetId: string): Promise<Snapshot> {
  const labelled: TrainingItem[] = [];
  for await (const { id, image, split, class: name } of items.all(datasetId))
    if (name !== null) labelled.push({ id, sha256: image.sha256, class: name, split });
  return snapshotOf(labelled);
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** Keeps bytes under a key. */
export async function keepBytes(blobs: Blobs, key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const pending = await blobs.receive(chunks, MOST_BYTES);
  await pending.keep(key);
}

export async function keepSnapshot(blobs: Blobs, key: string, { items }: Snapshot): Promise<void> {
  await keepBytes(blobs, key, once(Buffer.from(JSON.stringify(items))));
}

export async function readSnapshot(blobs: Blobs, key: string): Promise<Snapshot> {
  return snapshotOf(JSON.parse((await blobs.read(key)).toString()) as TrainingItem[]);
}
