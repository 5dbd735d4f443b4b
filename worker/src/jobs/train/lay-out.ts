/** Puts what a training's process needs where it can read it: the items as they are now or were, the base, known embeddings. */
import path from 'node:path';
import type { DatasetItemStore } from '@scry/shared/database/dataset-items';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { Training, TrainingUpdate } from '@scry/shared/database/trainings';
import { findBase } from '@scry/shared/models/base-model';
import type { Blobs } from '@scry/shared/storage/blobs';
import { ModelFiles } from '../../models/model-files.js';
import { layOutPacks } from './embedding-packs.js';
import { TrainingRefused, type TrainRequest } from './protocol.js';
import { keepSnapshot, readSnapshot, type Snapshot, takeSnapshot } from './snapshot.js';

export interface LayOutParts {
  readonly items: DatasetItemStore;
  readonly versions: ModelVersionStore;
  readonly blobs: Blobs;
  readonly modelsDir: string;
}

/**
 * The items as they were when the training began for the first time.
 * @param write notes where they are kept @throws TrainingRefused when there are none
 */
export async function layOutItems(
  { blobs, items }: LayOutParts,
  { id, datasetId, items: known }: Training,
  write: (update: TrainingUpdate) => Promise<void>,
): Promise<Snapshot> {
  if (known && (await blobs.stat(known))) return readSnapshot(blobs, known);
  const snapshot = await takeSnapshot(items, datasetId);
  if (snapshot.items.length === 0)
    throw new TrainingRefused('The data set has no labelled image any more, or was deleted.');
  const key = `trainings/${id}/items`;
  await keepSnapshot(blobs, key, snapshot);
  await write({ items: key, datasetHash: snapshot.hash });
  return snapshot;
}

/** @returns its folder, and its content id where it is a version; null: the method has no base. @throws TrainingRefused */
export async function layOutBase(
  { versions, modelsDir, blobs }: LayOutParts,
  { settings }: Training,
  folder: string,
): Promise<{ folder: string; content: string | null } | null> {
  if (settings.method === 'scratch') return null;
  const found = await findBase(settings.base ?? '', versions, modelsDir);
  if ('problem' in found) throw new TrainingRefused(`base: ${found.problem}`);
  if (found.base.kind === 'folder') return { folder: found.base.folder, content: null };
  const { version } = found.base;
  const files = new ModelFiles(path.join(folder, 'base'), blobs);
  return { folder: await files.folder(version), content: version.id };
}

/** @param base its content id; without one, no embeddings are known or kept */
export async function layOutEmbeddings(
  { blobs }: LayOutParts,
  { datasetId }: Training,
  base: string | null,
  folder: string,
): Promise<TrainRequest['embeddings']> {
  return base === null ? null : { packs: await layOutPacks(blobs, base, datasetId, folder) };
}
