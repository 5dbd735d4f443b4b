/**
 * Which files of trainings go. Decided from rows: a list of items and a checkpoint are needed while their training is unfinished
 * and names them, embeddings while there is their data set. What is younger than an upload takes is left alone, because a row
 * is written after its file.
 */
import type { DatasetStore } from '@scry/shared/database/datasets';
import type { TrainingStore } from '@scry/shared/database/trainings';
import type { Blobs } from '@scry/shared/storage/blobs';

export interface TrainingFilesParts {
  readonly blobs: Pick<Blobs, 'list' | 'delete'>;
  readonly trainings: Pick<TrainingStore, 'get'>;
  readonly datasetStore: Pick<DatasetStore, 'get'>;
}

type Needed = (key: string) => Promise<boolean>;

async function removeUnneeded(
  blobs: TrainingFilesParts['blobs'],
  prefix: string,
  afterMs: number,
  needed: Needed,
): Promise<number> {
  let removed = 0;
  for await (const { key, modifiedAt } of blobs.list(prefix)) {
    const old = Date.now() - modifiedAt.getTime() > afterMs;
    if (old && !(await needed(key)) && (await blobs.delete(key))) removed++;
  }
  return removed;
}

/** @param afterMs age from which a file without use goes @returns how many went */
export async function removeTrainingFiles(parts: TrainingFilesParts, afterMs: number): Promise<number> {
  const { blobs, trainings, datasetStore } = parts;
  const ofTraining: Needed = async (key) => {
    const training = await trainings.get(key.split('/')[1] ?? '');
    return training !== null && (training.items === key || training.checkpoint === key);
  };
  const ofDataset: Needed = async (key) => (await datasetStore.get(key.split('/')[2] ?? '')) !== null;
  return (
    (await removeUnneeded(blobs, 'trainings', afterMs, ofTraining)) +
    (await removeUnneeded(blobs, 'embeddings', afterMs, ofDataset))
  );
}
