import { removeTrainingFiles } from '@scry/api/maintenance/training-files';
import type { Dataset } from '@scry/shared/database/datasets';
import type { Training } from '@scry/shared/database/trainings';
import { MemoryBlobs } from '../../../helpers/memory-blobs.js';

const HOUR_MS = 3600_000;
const running = { items: 'trainings/one/items', checkpoint: 'trainings/one/1-4' } as Training;

async function stored(): Promise<MemoryBlobs> {
  const blobs = new MemoryBlobs();
  const keys = ['one/items', 'one/1-3', 'one/1-4', 'gone/items'].map((key) => `trainings/${key}`);
  for (const key of [...keys, 'embeddings/base/kept', 'embeddings/base/deleted']) {
    const pending = await blobs.receive(
      (async function* () {
        yield Buffer.from(key);
      })(),
      100,
    );
    await pending.keep(key);
  }
  return blobs;
}

async function left(afterMs: number): Promise<[number, string[]]> {
  const blobs = await stored();
  const removed = await removeTrainingFiles(
    {
      blobs,
      trainings: { get: async (id) => (id === 'one' ? running : null) },
      datasetStore: { get: async (id) => (id === 'kept' ? ({ id } as Dataset) : null) },
    },
    afterMs,
  );
  const keys: string[] = [];
  for (const prefix of ['trainings', 'embeddings'])
    for await (const { key } of blobs.list(prefix)) keys.push(key);
  return [removed, keys.sort()];
}

it('files of trainings that no row names, and embeddings without a data set, go', async () => {
  expect(await left(-1)).toEqual([3, ['embeddings/base/kept', 'trainings/one/1-4', 'trainings/one/items']]);
});

it('young files stay, because their row may be on its way', async () => {
  const [removed, keys] = await left(HOUR_MS);
  expect([removed, keys.length]).toEqual([0, 6]);
});
