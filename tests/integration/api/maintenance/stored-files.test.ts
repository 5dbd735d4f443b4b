/** What is on the disk after predictions ended or were deleted, whatever broke in between. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StoredFiles } from '@scry/api/maintenance/stored-files';
import { AnswerCache } from '@scry/shared/database/answer-cache';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { MaintenanceStore } from '@scry/shared/database/maintenance';
import { PredictionStore } from '@scry/shared/database/predictions';
import { StoredFileStore } from '@scry/shared/database/stored-files';
import { openFiled, openImages, prepareImages } from '@scry/shared/storage/data-folder';
import type { FiledLinks } from '@scry/shared/storage/filed-links';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import { CAT, finish } from '../../../helpers/app.js';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';
import { imageFile } from '../../../helpers/stored.js';

const none = new AbortController().signal;
const OUTPUT = { threshold: 0.9 };
const MODELS = new Map([
  ['keeps', { name: 'keeps', images: 'keep' as const, output: OUTPUT }],
  ['files', { name: 'files', images: 'by-class' as const, output: OUTPUT }],
  ['deletes', { name: 'deletes', images: 'delete' as const, output: OUTPUT }],
]);

let testDatabase: TestDatabase;
let database: Database;
let predictions: PredictionStore;
let dataDir: string;
let storage: ImageStorage;
let filed: FiledLinks;
let stored: StoredFiles;

const open = () =>
  new StoredFiles({ files: new StoredFileStore(database), storage, filed, models: () => MODELS, log: quiet });

beforeEach(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  predictions = new PredictionStore(database);
  dataDir = await mkdtemp(path.join(tmpdir(), 'scry-stored-files-'));
  await prepareImages(dataDir);
  storage = openImages(dataDir);
  filed = openFiled(dataDir, storage);
  stored = open();
});
afterEach(async () => {
  await predictions.close();
  await database.close();
  await testDatabase.drop();
  await rm(dataDir, { recursive: true, force: true });
});

async function* once(bytes: Buffer) {
  yield bytes;
}

/** Stores an image and makes a prediction about it, as an upload does. @returns the image's hash */
async function accept(id: string, model: string, content: string): Promise<string> {
  const pending = await storage.receive(once(Buffer.from(content)), 1000);
  await pending.keep();
  const image = { ...pending, format: 'jpeg', width: 8, height: 8 } as const;
  await predictions.create({
    ...{ id, model, modelVersion: '1', task: 'classification', engine: 'onnx', parameters: {} },
    image: { sha256: image.sha256, format: 'jpeg', width: 8, height: 8, bytes: image.bytes },
    expiresInS: null,
  });
  return pending.sha256;
}

const answer = (...ids: string[]) => Promise.all(ids.map((id) => predictions.finish(finish(id, CAT))));
const shaOf = (content: string) => createHash('sha256').update(content).digest('hex');

/** All files below a folder of DATA_DIR. */
async function files(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, folder), { recursive: true, withFileTypes: true });
  const root = path.join(dataDir, folder);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}
const images = async () => (await files('uploads')).map((name) => path.basename(name));

test('images of models that delete them go, however their predictions ended', async () => {
  for (const end of ['answered', 'canceled', 'failed', 'waiting']) await accept(`is-${end}`, 'deletes', end);
  await answer('is-answered');
  await predictions.cancel('is-canceled');
  await predictions.end(['is-failed'], 'failed', 500, 'broken');
  await stored.run(none);
  expect(await images()).toEqual([shaOf('waiting')]);
});

test('an image that was answered from the cache goes as well', async () => {
  await accept('first-upload', 'deletes', 'same');
  await answer('first-upload');
  await stored.run(none);
  await accept('second-upload', 'deletes', 'same');
  expect(await new AnswerCache(database).answer('second-upload')).toMatchObject({ cached: true });
  await stored.run(none);
  expect(await images()).toEqual([]);
});

test('an image that another prediction needs stays until that one is deleted', async () => {
  await accept('deleting-one', 'deletes', 'shared');
  await accept('keeping-one', 'keeps', 'shared');
  await answer('deleting-one', 'keeping-one');
  await stored.run(none);
  expect(await images()).toEqual([shaOf('shared')]);
  await predictions.delete('keeping-one');
  await stored.run(none);
  expect(await images()).toEqual([]);
});

test('images are filed by class once, whoever died after the answer was written', async () => {
  await accept('filed-cat', 'files', 'cat');
  await accept('filed-none', 'files', 'none');
  await answer('filed-cat');
  await predictions.end(['filed-none'], 'failed', 500, 'broken');
  await stored.run(none);
  const filed = ['files/cat/filed-cat.jpg', 'files/not-confident/filed-none.jpg'];
  expect(await files('results')).toEqual(filed);

  await rm(path.join(dataDir, 'results/files/cat/filed-cat.jpg')); // by hand: it must not come back
  await accept('filed-later', 'files', 'later');
  await answer('filed-later');
  await open().run(none);
  expect(await files('results')).toEqual(['files/cat/filed-later.jpg', filed[1]]);
});

test('an image that was answered from the cache is filed as well, under a name that viewers open', async () => {
  await accept('answered-first', 'files', 'same');
  await answer('answered-first');
  await accept('answered-again', 'files', 'same');
  expect(await new AnswerCache(database).answer('answered-again')).toMatchObject({ cached: true });
  await stored.run(none);
  expect(await files('results')).toEqual(['files/cat/answered-again.jpg', 'files/cat/answered-first.jpg']);
});

test('one file that cannot be removed leaves no other behind, and goes later', async () => {
  const ids = Array.from({ length: 30 }, (_, index) => `old-${index}-prediction`);
  for (const id of ids) await accept(id, 'files', id);
  await answer(...ids);
  await stored.run(none);
  expect(await files('results')).toHaveLength(30);
  await database.query(`UPDATE predictions SET created_at = created_at - interval '9 days',
    completed_at = completed_at - interval '9 days'`);
  expect(await new MaintenanceStore(database).removeOld(2, 200)).toBe(30);
  const unlink = filed.remove.bind(filed);
  filed.remove = async (model, classes, names) => {
    if (names[0] === `${ids[3]}.jpg`) throw new Error('EIO');
    await unlink(model, classes, names);
  };
  await stored.run(none);
  expect(await files('results')).toEqual([`files/cat/${ids[3]}.jpg`]);
  expect(await images()).toEqual([shaOf(ids[3] as string)]);
  filed.remove = unlink;
  await open().run(none); // in another process, as after a crash
  expect([await files('results'), await images()]).toEqual([[], []]);
});

test('a thumbnail that is finished after the image was deleted is not kept', async () => {
  const sha256 = await accept('has-thumbnail', 'keeps', 'thumbnail');
  await storage.derived.write(sha256, 'early.jpg', Buffer.from('x'));
  await predictions.delete('has-thumbnail');
  await stored.run(none);
  await storage.derived.write(sha256, 'late.jpg', Buffer.from('x'));
  expect([await files('derived'), await images()]).toEqual([[], []]);
});

test('files without a row are found, and those of rows stay', async () => {
  const [orphan, kept] = [
    await accept('will-be-gone', 'files', 'orphan'),
    await accept('stays-here', 'files', 'kept'),
  ];
  await answer('will-be-gone', 'stays-here');
  await stored.run(none);
  await storage.derived.write(orphan, 'one.jpg', Buffer.from('x'));
  await storage.derived.write(kept, 'one.jpg', Buffer.from('x'));
  await database.query(`DELETE FROM predictions WHERE id = 'will-be-gone'`);
  await rm(imageFile(dataDir, orphan));
  for (let shard = 0; shard < 256; shard++) await stored.sweep();
  expect(await files('results')).toEqual(['files/cat/stays-here.jpg']);
  expect(await files('derived')).toEqual([expect.stringContaining(kept)]);
  expect(await images()).toEqual([kept]);
});
