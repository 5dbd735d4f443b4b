/** GET /v1/stats/storage: what takes room on the disk, and what is removed when. */
import { type StorageUse, storageSchema } from '@scry/shared/contracts/statistics';
import { Memo } from '@scry/shared/runtime/memo';
import { diskUse } from '@scry/shared/storage/disk-use';
import { json, problems } from '../http/describe.js';
import type { Needs, Route } from '../http/route.js';

/** Measured at most so often: it takes a tenth of a second to a few, beside everything else. */
const FRESH_MS = 60_000;
const MOST_FILES = 20_000;
const COUNT_TO = 100_000;

/** What is stored beside images: few files, all of them looked at. */
const BLOBS = ['models', 'trainings', 'incoming-zips'];

type StorageNeeds = Needs<'config' | 'storage' | 'blobs' | 'retention'>;

async function measure({ config, storage, blobs, retention }: StorageNeeds): Promise<StorageUse> {
  const [{ freeBytes, reserveBytes }, outlook] = await Promise.all([
    storage.space(),
    retention.outlook(config.RETENTION_DAYS, COUNT_TO + 1),
  ]);
  // One after the other: uploads need the same threads and the same disk.
  const { images, derived } = await storage.use(MOST_FILES);
  const others = await diskUse(blobs, BLOBS);
  return {
    measured_at: new Date().toISOString(),
    free_bytes: freeBytes,
    reserve_bytes: reserveBytes,
    ...{ images, derived, blobs: others },
    database_bytes: outlook.databaseBytes,
    retention: {
      days: config.RETENTION_DAYS,
      oldest: outlook.oldest?.toISOString() ?? null,
      due: Math.min(outlook.due, COUNT_TO),
      due_exact: outlook.due <= COUNT_TO,
      derived_days: config.DERIVED_DAYS,
      derived_max_bytes: config.DERIVED_MAX_BYTES,
    },
  };
}

export const storageUse: Route<keyof StorageNeeds> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/stats/storage',
    operationId: 'storageUse',
    summary: 'What takes room on the disk, and what is removed when',
    tags: ['operation'],
    responses: {
      200: json(storageSchema, 'The figures, at most a minute old.'),
      ...problems('storage-unavailable', 'database-unavailable'),
    },
  },
  handlers: (services) => {
    const figures = new Memo({ ask: () => measure(services), freshMs: FRESH_MS });
    return [
      async (_req, res) => {
        res.set('Cache-Control', 'no-store').json(await figures.get());
      },
    ];
  },
};
