import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { keyFor } from '../../../helpers/keys.js';

interface Answer {
  readonly retried: { readonly prediction_id: string; readonly retry_of: string }[];
  readonly skipped: { readonly prediction_id: string; readonly reason: string }[];
  readonly next: string | null;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function failed(seed: number, code: number, fields: Record<string, string> = {}): Promise<string> {
  const { prediction_id: id } = await predict(app, await jpeg(seed), fields);
  const error = { code, message: 'It went wrong.' };
  await app.services.predictions.finish(finish(id, { status: 'failed', error }));
  return id;
}

async function retry(body: object): Promise<Answer> {
  const response = await app.fetchAsAdmin('/v1/predictions/retry', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

const get = async (id: string) => (await (await app.fetch(`/v1/predictions/${id}`)).json()) as PredictionView;

describe('failed predictions', () => {
  it('are found by their code', async () => {
    const id = await failed(1, 550);
    await failed(2, 510);
    const list = await app.fetchAsAdmin('/v1/predictions?code=550');
    const { items } = (await list.json()) as { items: PredictionView[] };
    expect(items.map(({ prediction_id }) => prediction_id)).toEqual([id]);
    expect((await app.fetchAsAdmin('/v1/predictions?code=200')).status).toBe(400);
  });

  it('of one code are tried again as new predictions with the same image and parameters, once', async () => {
    const id = await failed(3, 551, { top_k: '2' });
    const other = await failed(4, 511);
    const { retried, skipped, next } = await retry({ code: 551 });
    expect([retried.map(({ retry_of }) => retry_of), skipped, next]).toEqual([[id], [], null]);
    const [{ prediction_id: again = '' } = {}] = retried;
    const before = await get(id);
    const after = await get(again);
    expect(before).toMatchObject({ status: 'failed', retry_of: null });
    expect(after).toMatchObject({
      ...{ status: 'queued', retry_of: id, image: before.image, parameters: { top_k: 2 } },
      model: before.model,
    });
    expect((await app.services.queues.counts(['everyday-10@1']))?.[0]).toMatchObject({ wait: 5 });
    await app.services.predictions.finish(finish(again, CAT));
    expect(await retry({ code: 551 })).toEqual({ retried: [], skipped: [], next: null });
    expect((await retry({ code: 511 })).retried.map(({ retry_of }) => retry_of)).toEqual([other]);
  });

  it('come newest first, so many at a time', async () => {
    const ids = [await failed(5, 502), await failed(6, 502), await failed(7, 502)];
    const first = await retry({ code: 502, limit: 2 });
    expect(first.retried.map(({ retry_of }) => retry_of)).toEqual([ids[2], ids[1]]);
    const second = await retry({ code: 502, limit: 2, cursor: first.next });
    expect(second.retried.map(({ retry_of }) => retry_of)).toEqual([ids[0]]);
    expect(second.next).toBeNull();
  });

  it('are skipped when their image is gone, or their model refuses new ones', async () => {
    const id = await failed(8, 503);
    const { image } = await get(id);
    const draining = await failed(9, 503, { model: 'blood-cells' });
    await rm(path.join(app.dataDir, 'uploads', image.sha256.slice(0, 2), image.sha256));
    await app.services.modelQueues.set('blood-cells', 'draining');
    await app.services.models.refresh();
    const { retried, skipped } = await retry({ code: 503 });
    expect(retried).toEqual([]);
    expect(skipped).toMatchObject([
      { prediction_id: draining, reason: 'model' },
      { prediction_id: id, reason: 'image' },
    ]);
  });

  it('are tried again by administrators alone', async () => {
    const headers = { ...(await keyFor(app, ['predict', 'read'])), 'Content-Type': 'application/json' };
    const refused = await app.fetch('/v1/predictions/retry', { method: 'POST', headers, body: '{}' });
    expect(refused.status).toBe(403);
  });
});
