import type { DatasetView, ItemView } from '@scry/shared/contracts/dataset';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

const post = async (where: string, body: object) => {
  const headers = { 'Content-Type': 'application/json' };
  const response = await app.fetchAsAdmin(where, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as never };
};

/** A prediction of an image, answered with so much confidence. */
async function answered(seed: number, confidence: number): Promise<PredictionView> {
  const prediction = await predict(app, await jpeg(seed), { model: 'everyday-10' });
  const output = { predictions: [{ class_index: 3, class_name: 'cat', confidence }] };
  const outcome = { status: 'succeeded', output } as const;
  await app.services.predictions.finish(finish(prediction.prediction_id, outcome));
  return prediction;
}

async function unsure(query = ''): Promise<PredictionView[]> {
  const response = await app.fetchAsAdmin(`/v1/models/everyday-10/unsure${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: PredictionView[] }).items;
}

it('what a model is least sure of is listed, labelled in one call, and then left out', async () => {
  const sure = await answered(1, 0.99);
  const middle = await answered(2, 0.6);
  const least = await answered(3, 0.21);
  await answered(3, 0.3); // the same image, later
  const reported = await answered(4, 0.1);
  await post(`/v1/predictions/${reported.prediction_id}/feedback`, { label: 'dog' });
  const confidences = (await unsure()).map(
    ({ output }) => (output as { predictions: { confidence: number }[] }).predictions[0]?.confidence,
  );
  expect(confidences).toEqual([0.3, 0.6, 0.99]);
  expect((await unsure('?limit=1')).map(({ urls }) => urls)).toMatchObject([{ get: expect.any(String) }]);
  expect(await unsure('?version=none')).toEqual([]);

  const { id } = (await post('/v1/datasets', { name: 'next' })).body as DatasetView;
  const label = (one: PredictionView, name: string) => ({ prediction_id: one.prediction_id, class: name });
  const items = [label(least, 'dog'), label(middle, 'cat'), { prediction_id: 'nobody', class: 'cat' }];
  const added = await post(`/v1/datasets/${id}/items/from-predictions`, { items });
  expect(added).toEqual({
    status: 200,
    body: {
      added: 2,
      repeated: 0,
      skipped: [{ prediction_id: 'nobody', reason: 'There is no such prediction.' }],
    },
  });
  expect((await unsure(`?dataset=${id}`)).map((one) => one.prediction_id)).toEqual([sure.prediction_id]);

  const again = { items: [label(least, 'wolf')] };
  expect((await post(`/v1/datasets/${id}/items/from-predictions`, again)).body).toMatchObject({
    repeated: 1,
  });
  const list = (await (await app.fetchAsAdmin(`/v1/datasets/${id}/items`)).json()) as { items: ItemView[] };
  expect(list.items.map((item) => item.class).sort()).toEqual(['cat', 'wolf']);
  expect(list.items[0]).toMatchObject({ source: 'prediction', urls: { thumbnail: expect.any(String) } });
});

it('items from predictions need a data set, and one prediction at least', async () => {
  const items = [{ prediction_id: 'nobody' }];
  const nowhere = `/v1/datasets/${'0'.repeat(26)}/items/from-predictions`;
  expect((await post(nowhere, { items })).status).toBe(404);
  expect((await post(nowhere, { items: [] })).status).toBe(400);
});
