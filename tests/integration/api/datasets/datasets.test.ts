import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import type { DatasetView, ItemView } from '@scry/shared/contracts/dataset';
import type { Outcome } from '@scry/shared/contracts/prediction';
import {
  finish,
  form,
  jpeg,
  makeKey,
  predict,
  startApp,
  type TestApp,
  withKey,
} from '../../../helpers/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ MAX_UPLOAD_BYTES: '100000' });
});

afterAll(() => app.close());

let made = 0;

async function call<T>(method: string, where: string, body?: unknown): Promise<{ status: number; body: T }> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await app.fetchAsAdmin(where, { method, ...init });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
}

async function newDataset(): Promise<string> {
  const { body } = await call<DatasetView>('POST', '/v1/datasets', { name: `set ${made++}` });
  return body.id;
}

async function add(dataset: string, image: Buffer, fields: Record<string, string> = {}) {
  const init = { method: 'POST', body: form(image, fields) };
  const response = await app.fetchAsAdmin(`/v1/datasets/${dataset}/items`, init);
  return { status: response.status, body: (await response.json()) as ItemView & { detail: string } };
}

const items = async (dataset: string, query = '') =>
  (await call<{ items: ItemView[]; next: string | null }>('GET', `/v1/datasets/${dataset}/items${query}`))
    .body;

const storedImages = async () => {
  const names = await readdir(path.join(app.dataDir, 'uploads'), { recursive: true });
  return names.filter((name) => /\/[0-9a-f]{64}$/.test(name)).length;
};

describe('data sets', () => {
  it('are made, renamed, described, listed and removed', async () => {
    const created = await call<DatasetView>('POST', '/v1/datasets', {
      name: 'leaves',
      description: 'from the garden',
    });
    expect(created).toMatchObject({ status: 201, body: { name: 'leaves', items: 0, classes: [] } });
    const { id } = created.body;
    const changed = await call<DatasetView>('PATCH', `/v1/datasets/${id}`, { name: 'autumn leaves' });
    expect(changed.body).toMatchObject({ name: 'autumn leaves', description: 'from the garden' });
    const { body } = await call<{ items: DatasetView[] }>('GET', '/v1/datasets?limit=1');
    expect(body.items.map((one) => one.id)).toEqual([id]);
    expect((await call('DELETE', `/v1/datasets/${id}`)).status).toBe(204);
    expect(await call('GET', `/v1/datasets/${id}`)).toMatchObject({ status: 404 });
  });

  it('are listed with what each holds by class, in as many statements as one of them takes', async () => {
    const [first, second, empty] = [await newDataset(), await newDataset(), await newDataset()];
    await add(first, await jpeg(), { class: 'cat', split: 'train' });
    await add(second, await jpeg(), { class: 'dog' });
    const classesOf = jest.spyOn(app.services.datasetStore, 'classesOf');
    const { body } = await call<{ items: DatasetView[] }>('GET', '/v1/datasets?limit=3');
    expect(body.items.map(({ id, classes }) => [id, classes.map((one) => [one.class, one.items])])).toEqual([
      [empty, []],
      [second, [['dog', 1]]],
      [first, [['cat', 1]]],
    ]);
    expect(classesOf).toHaveBeenCalledTimes(1);
    classesOf.mockRestore();
  });

  it('have names of their own, without control characters', async () => {
    await call('POST', '/v1/datasets', { name: 'taken' });
    expect(await call('POST', '/v1/datasets', { name: 'taken' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('"taken" is the name of another data set') },
    });
    expect((await call('POST', '/v1/datasets', { name: 'a\0b' })).status).toBe(400);
    const id = await newDataset();
    expect((await call('PATCH', `/v1/datasets/${id}`, { name: 'taken' })).status).toBe(400);
  });

  it('are the business of those whose key says so', async () => {
    const read = withKey(await makeKey(app, 'read'));
    const write = withKey(await makeKey(app, 'datasets:write'));
    const body = JSON.stringify({ name: 'by key' });
    const post = (headers: Record<string, string>) =>
      app.fetch('/v1/datasets', {
        method: 'POST',
        body,
        headers: { ...headers, 'Content-Type': 'application/json' },
      });
    expect((await app.fetch('/v1/datasets')).status).toBe(401);
    expect((await post(read)).status).toBe(403);
    expect((await post(write)).status).toBe(201);
    expect((await app.fetch('/v1/datasets', { headers: read })).status).toBe(200);
  });
});

describe('items', () => {
  it('come as forms and as JSON, are counted by class and split, and are shown', async () => {
    const id = await newDataset();
    const image = await jpeg(1);
    const { status, body } = await add(id, image, { class: 'oak', split: 'test', file_name: 'oak 1.jpg' });
    expect([status, body]).toMatchObject([
      201,
      {
        class: 'oak',
        split: 'test',
        source: 'upload',
        file_name: 'oak 1.jpg',
        image: { width: 64, format: 'jpeg' },
      },
    ]);
    const json = await call<ItemView>('POST', `/v1/datasets/${id}/items`, {
      image: (await jpeg(2)).toString('base64'),
      class: 'elm',
      boxes: [{ class: 'leaf', bbox: { cx: 0.5, cy: 0.5, w: 0.2, h: 0.2 } }],
    });
    expect(json).toMatchObject({ status: 201, body: { boxes: [{ class: 'leaf' }] } });
    const { body: dataset } = await call<DatasetView>('GET', `/v1/datasets/${id}`);
    expect(dataset).toMatchObject({
      items: 2,
      classes: [
        { class: 'elm', items: 1, test: 0 },
        { class: 'oak', items: 1, test: 1 },
      ],
    });
    const shown = await app.fetchAsAdmin(new URL(body.urls.image).pathname);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(image);
    const thumbnail = await app.fetchAsAdmin(new URL(body.urls.thumbnail).pathname);
    expect(thumbnail.headers.get('content-type')).toBe('image/jpeg');
  });

  it('are one when the same image comes twice', async () => {
    const id = await newDataset();
    const first = await add(id, await jpeg(3), { class: 'oak' });
    const again = await add(id, await jpeg(3), { class: 'elm' });
    expect([again.status, again.body.id, again.body.class]).toEqual([200, first.body.id, 'oak']);
  });

  it('are filtered by class, split, source and part of their name, and paged', async () => {
    const id = await newDataset();
    for (let index = 0; index < 5; index++)
      await add(id, await jpeg(10 + index), {
        class: index < 3 ? 'oak' : 'elm',
        file_name: `photo ${index}.jpg`,
      });
    await add(id, await jpeg(20), { split: 'train' });
    const names = async (query: string) => (await items(id, query)).items.map(({ file_name }) => file_name);
    expect(await names('?class=elm')).toEqual(['photo 4.jpg', 'photo 3.jpg']);
    expect(await names('?class=')).toEqual([null]);
    expect(await names('?split=train')).toEqual([null]);
    expect(await names('?text=PHOTO%201')).toEqual(['photo 1.jpg']);
    expect(await names('?source=zip')).toEqual([]);
    const page = await items(id, '?class=oak&limit=2');
    expect(page.items).toHaveLength(2);
    expect(await names(`?class=oak&limit=2&cursor=${page.next}`)).toEqual(['photo 0.jpg']);
  });

  it('are relabelled and taken out in numbers; an image that nothing needs goes from the disk', async () => {
    const id = await newDataset();
    const before = await storedImages();
    const ids = [];
    for (const seed of [30, 31, 32]) ids.push((await add(id, await jpeg(seed))).body.id);
    expect(
      await call('PATCH', `/v1/datasets/${id}/items`, { ids, class: 'birch', split: 'validation' }),
    ).toMatchObject({
      status: 200,
      body: { changed: 3 },
    });
    await call('PATCH', `/v1/datasets/${id}/items`, { ids: [ids[0]], split: null });
    expect((await items(id)).items.map((one) => [one.class, one.split])).toEqual([
      ['birch', 'validation'],
      ['birch', 'validation'],
      ['birch', null],
    ]);
    await predict(app, await jpeg(30)); // needs the image from now on
    await call('POST', `/v1/datasets/${id}/items/remove`, { ids });
    expect((await items(id)).items).toEqual([]);
    expect(await storedImages()).toBe(before + 1);
  });

  it('may be images of predictions, and stay when those are deleted', async () => {
    const id = await newDataset();
    const { prediction_id } = await predict(app, await jpeg(40));
    const where = `/v1/datasets/${id}/items/from-prediction`;
    const { status, body } = await call<ItemView>('POST', where, { prediction_id, class: 'cat' });
    expect([status, body.source]).toEqual([201, 'prediction']);
    await call('DELETE', `/v1/predictions/${prediction_id}`);
    await app.services.storedFiles.run(AbortSignal.timeout(10_000));
    expect((await app.fetchAsAdmin(new URL(body.urls.image).pathname)).status).toBe(200);
    expect((await call('POST', where, { prediction_id: 'no-such-prediction' })).status).toBe(404);
  });

  /** Predicts an image, and reports what would have been right. */
  async function report(image: Buffer, label: string): Promise<void> {
    const { prediction_id } = await predict(app, image, { model: 'everyday-10' });
    const answer = { class_index: 3, class_name: 'cat', confidence: 0.6 };
    const outcome: Outcome = { status: 'succeeded', output: { predictions: [answer] } };
    await app.services.predictions.claim(prediction_id, 'test');
    await app.services.predictions.finish(finish(prediction_id, outcome));
    await call('POST', `/v1/predictions/${prediction_id}/feedback`, { label });
  }

  it('come from reports of wrong answers, with the label that was reported last', async () => {
    const id = await newDataset();
    await report(await jpeg(50), 'wolf');
    await report(await jpeg(50), 'dog');
    const where = `/v1/datasets/${id}/items/from-feedback`;
    expect((await call('POST', where, { model: 'everyday-10' })).body).toEqual({
      added: 1,
      repeated: 1,
      skipped: 0,
    });
    expect((await items(id)).items).toMatchObject([{ class: 'dog', source: 'feedback' }]);
    expect((await call('POST', where, {})).body).toEqual({ added: 0, repeated: 2, skipped: 0 });
    expect((await items(id)).items).toMatchObject([{ class: 'dog' }]);
  });

  it.each([
    ['no image', Buffer.from('not an image at all'), 415, /is none of jpeg/],
    ['too large', Buffer.alloc(120_000), 413, /larger/],
  ])('that are %s are refused as uploads are, and leave nothing behind', async (_, image, status, detail) => {
    const id = await newDataset();
    const before = await storedImages();
    const refused = await add(id, image);
    expect([refused.status, refused.body.detail]).toEqual([status, expect.stringMatching(detail)]);
    expect(await storedImages()).toBe(before);
  });

  it('need a data set', async () => {
    const before = await storedImages();
    expect((await add('01HZZZZZZZZZZZZZZZZZZZZZZZ', await jpeg(60))).status).toBe(404);
    expect((await add('no-id', await jpeg(60))).status).toBe(400);
    expect(await storedImages()).toBe(before);
  });

  it('have classes and names without control characters, and known splits', async () => {
    const id = await newDataset();
    expect((await add(id, await jpeg(70), { class: 'a\0b' })).status).toBe(400);
    expect((await add(id, await jpeg(70), { file_name: 'a\nb' })).status).toBe(400);
    expect((await add(id, await jpeg(70), { split: 'all' })).status).toBe(400);
    expect((await add(id, await jpeg(70), { boxes: '{' })).status).toBe(400);
    expect((await call('GET', `/v1/datasets/${id}/items?cursor=nonsense`)).status).toBe(400);
  });
});
