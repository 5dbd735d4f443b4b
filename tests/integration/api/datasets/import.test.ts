import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import type { DatasetView, ImportView, ItemView } from '@scry/shared/contracts/dataset';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { jpeg, startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ MAX_UPLOAD_BYTES: '100000', MAX_DATASET_BYTES: '2000000' });
});

afterAll(() => app.close());

let made = 0;

async function newDataset(): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ name: `zip ${made++}` });
  const response = await app.fetchAsAdmin('/v1/datasets', { method: 'POST', body, headers });
  return ((await response.json()) as DatasetView).id;
}

function send(dataset: string, zip: Uint8Array): Promise<Response> {
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(zip)]), 'photos.zip');
  return app.fetchAsAdmin(`/v1/datasets/${dataset}/import`, { method: 'POST', body });
}

async function get<T>(where: string): Promise<T> {
  return (await (await app.fetchAsAdmin(where)).json()) as T;
}

/** Imports a zip, and waits until it is read. */
async function imported(dataset: string, zip: Uint8Array): Promise<ImportView> {
  const response = await send(dataset, zip);
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  await app.services.imports.idle();
  return get<ImportView>(String(response.headers.get('location')));
}

async function classesOf(dataset: string): Promise<Record<string, number>> {
  const { classes } = await get<DatasetView>(`/v1/datasets/${dataset}`);
  return Object.fromEntries(classes.map((one) => [one.class ?? '', one.items]));
}

const image = async (seed: number) => new Uint8Array(await jpeg(seed));
const text = (content: string) => new Uint8Array(Buffer.from(content));
const zip = (files: Zippable) => zipSync(files);

it('folders of a zip are classes, and names may be of any alphabet', async () => {
  const id = await newDataset();
  const files = {
    cats: { 'a.jpg': await image(1), 'b.jpg': await image(2) },
    犬: { 'c.jpg': await image(3) },
  };
  expect(await imported(id, zip(files))).toMatchObject({
    state: 'succeeded',
    added: 3,
    repeated: 0,
    skipped: 0,
  });
  expect(await classesOf(id)).toEqual({ cats: 2, 犬: 1 });
  const { items } = await get<{ items: ItemView[] }>(`/v1/datasets/${id}/items?class=cats`);
  expect(items).toMatchObject([
    { source: 'zip', file_name: 'b.jpg' },
    { source: 'zip', file_name: 'a.jpg' },
  ]);
});

it('an import waits while the database is unavailable, and then goes on', async () => {
  const { datasetItems, datasetStore } = app.services;
  const unavailable = Object.assign(new Error('the server is shutting down'), { code: '57P01' });
  const add = jest.spyOn(datasetItems, 'add').mockRejectedValueOnce(unavailable);
  const record = jest.spyOn(datasetStore, 'recordImport').mockRejectedValueOnce(unavailable);
  const id = await newDataset();
  const files = { cats: { 'a.jpg': await image(1), 'b.jpg': await image(2) } };
  expect(await imported(id, zip(files))).toMatchObject({ state: 'succeeded', added: 2, skipped: 0 });
  expect(await classesOf(id)).toEqual({ cats: 2 });
  expect([add.mock.calls.length, record.mock.calls.length >= 2]).toEqual([3, true]);
  jest.restoreAllMocks();
});

it('a folder around the classes does not count', async () => {
  const id = await newDataset();
  await imported(
    id,
    zip({ photos: { cats: { 'a.jpg': await image(1) }, dogs: { 'b.jpg': await image(2) } } }),
  );
  expect(await classesOf(id)).toEqual({ cats: 1, dogs: 1 });
});

it('one class alone is still a class', async () => {
  const id = await newDataset();
  await imported(id, zip({ cats: { 'a.jpg': await image(1), 'b.jpg': await image(2) } }));
  expect(await classesOf(id)).toEqual({ cats: 2 });
});

it.each([
  ['file,class\na.jpg,cat\nb.jpg,dog\n', ''],
  ['\uFEFFfilename;label\na.jpg;cat\nb.jpg;dog\n', 'photos/'],
  ['images/a.jpg\tcat\n./images/b.jpg\tdog\n', ''],
])('labels.csv says the classes: %j in the folder "%s"', async (labels, folder) => {
  const id = await newDataset();
  const inner = labels.includes('images/') ? 'images/' : '';
  const files = {
    [`${folder}labels.csv`]: text(labels),
    [`${folder}${inner}a.jpg`]: await image(1),
    [`${folder}${inner}b.jpg`]: await image(2),
    [`${folder}${inner}c.jpg`]: await image(3),
  };
  await imported(id, zip(files));
  expect(await classesOf(id)).toEqual({ cat: 1, dog: 1, '': 1 });
});

it('what cannot be taken is skipped with a reason, and the rest is taken', async () => {
  const id = await newDataset();
  const files = {
    'cats/good.jpg': await image(1),
    'cats/again.jpg': await image(1),
    'cats/broken.jpg': text('not an image'),
    'cats/large.jpg': new Uint8Array(
      Buffer.from(Array.from({ length: 100_001 }, (_, at) => (at * 7919) % 251)),
    ),
    '../escape.jpg': await image(2),
    'README.md': text('about'),
  };
  const report = await imported(id, zip(files));
  expect(report).toMatchObject({ state: 'succeeded', added: 1, repeated: 1, skipped: 3 });
  expect(Object.fromEntries(report.report.map(({ path: name, reason }) => [name, reason]))).toEqual({
    'cats/broken.jpg': expect.stringMatching(/is none of jpeg/),
    'cats/large.jpg': 'it is larger than 100000 bytes',
    '../escape.jpg': 'its path leads out of the folder',
  });
});

it('the same zip again adds nothing', async () => {
  const id = await newDataset();
  const bytes = zip({ cats: { 'a.jpg': await image(1) } });
  await imported(id, bytes);
  expect(await imported(id, bytes)).toMatchObject({ added: 0, repeated: 1 });
});

it('what is no zip fails in words, and nothing stays behind', async () => {
  const id = await newDataset();
  expect(await imported(id, text('not a zip'.repeat(100)))).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/damaged or is none/),
  });
  const left = await readdir(path.join(app.dataDir, 'blobs'), { recursive: true });
  expect(left.filter((name) => /[0-9a-f-]{36}$/.test(name) && !name.startsWith('models/'))).toEqual([]);
});

it('a zip that is too large is refused while it comes', async () => {
  const id = await newDataset();
  const response = await send(id, new Uint8Array(2_000_001));
  expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
    413,
    expect.stringContaining('MAX_DATASET_BYTES'),
  ]);
});

it.each([
  ['in another field', { image: 1 }, 'send one file, in the field "file"'],
  ['with too many fields', { file: 1, a: 1, b: 1, c: 1, d: 1, e: 1 }, 'Too many fields'],
])('a zip that comes %s is refused in words, and nothing stays behind', async (_, fields, said) => {
  const body = new FormData();
  for (const name of Object.keys(fields))
    if (name.length === 1) body.set(name, 'x');
    else body.set(name, new Blob([new Uint8Array(zip({ 'a/b.jpg': await image(1) }))]), 'a.zip');
  const where = `/v1/datasets/${await newDataset()}/import`;
  const refused = await app.fetchAsAdmin(where, { method: 'POST', body });
  expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([
    400,
    expect.stringContaining(said),
  ]);
  expect(await readdir(path.join(app.dataDir, 'blobs', 'incoming'))).toEqual([]);
});

it('an import whose process died is failed, and says what to do', async () => {
  const id = await newDataset();
  const { datasetStore } = app.services;
  const { id: importId } = await datasetStore.startImport('01HZZZZZZZZZZZZZZZZZZZZZZZ', id);
  expect(await datasetStore.failAbandonedImports(60)).toBe(0);
  expect(await datasetStore.failAbandonedImports(-1)).toBe(1);
  expect(await get(`/v1/datasets/${id}/imports/${importId}`)).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('Send it again'),
  });
});

it('a data set is exported as a zip that gives the same data set', async () => {
  const id = await newDataset();
  const files = { cats: { 'a.jpg': await image(1) }, 'dogs & co': { 'b.jpg': await image(2) } };
  await imported(id, zip(files));
  const response = await app.fetchAsAdmin(`/v1/datasets/${id}/export`);
  const exported = new Uint8Array(await response.arrayBuffer());
  expect(Object.keys(unzipSync(exported)).sort()).toEqual([
    expect.stringMatching(/^cats\/a-[0-9A-Z]{26}\.jpg$/),
    expect.stringMatching(/^dogs _ co\/b-[0-9A-Z]{26}\.jpg$/),
  ]);
  const copy = await newDataset();
  expect(await imported(copy, exported)).toMatchObject({ added: 2, skipped: 0 });
});

it('an image that is removed meanwhile is left out of the export', async () => {
  const id = await newDataset();
  await imported(id, zip({ cats: { 'a.jpg': await image(11), 'b.jpg': await image(12) } }));
  const { items } = await get<{ items: ItemView[] }>(`/v1/datasets/${id}/items`);
  const [gone, kept] = items as [ItemView, ItemView];
  await rm(path.join(app.dataDir, 'uploads', gone.image.sha256.slice(0, 2), gone.image.sha256));
  const response = await app.fetchAsAdmin(`/v1/datasets/${id}/export`);
  const exported = unzipSync(new Uint8Array(await response.arrayBuffer()));
  expect(Object.keys(exported)).toEqual([expect.stringContaining(kept.id)]);
});
