/** Text that PostgreSQL refuses is refused before, wherever it may come in; and what is refused there harms nobody else. */
import { form, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const json = { 'content-type': 'application/json' };
const cursor = (...place: string[]) => Buffer.from(JSON.stringify(place)).toString('base64url');

it.each([
  '/v1/predictions?model=%00',
  '/v1/predictions?label=a%00b',
  '/v1/predictions?label=%C2%85',
  `/v1/predictions?cursor=${cursor('----------', 'some-id_1')}`,
  `/v1/predictions?cursor=${cursor('2026-02-31 00:00:00+00', 'some-id_1')}`,
  `/v1/predictions?cursor=${cursor('2026-01-31 00:00:00+00', 'some\0id_1')}`,
  '/v1/feedback?model=%00',
  `/v1/feedback?cursor=${cursor('99999-01-31 00:00:00+00', 'some-id_1')}`,
])('GET %s is answered with 400', async (where) => {
  const response = await app.fetchAsAdmin(where);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ type: '/problems/invalid-request' });
});

it.each([
  '/v1/predictions?since=0000-01-01T00:00:00Z',
  '/v1/predictions?until=9999-12-31T23:59:59-23:59',
  '/v1/predictions/%00%00%00%00%00%00%00%00',
  '/v1/predictions/%00%00%00%00%00%00%00%00/position',
  '/v1/models/%00',
  '/v1/models/%00/readme',
  '/problems/%00',
])('GET %s is answered', async (where) => {
  expect((await app.fetchAsAdmin(where)).status).toBeLessThan(500);
});

it('refuses them in the fields of a request, in forms and in JSON', async () => {
  const image = await jpeg(1);
  const base64 = image.toString('base64');
  const webhook = 'https://example.com/\0';
  for (const fields of [{ webhook }, { model: 'a\0' }, { prediction_id: '12345678\0' }] as Record<
    string,
    string
  >[]) {
    const asForm = await app.fetch('/v1/predictions', { method: 'POST', body: form(image, fields) });
    const body = JSON.stringify({ image: base64, ...fields });
    const asJson = await app.fetch('/v1/predictions', { method: 'POST', headers: json, body });
    for (const { status } of [asForm, asJson]) expect([400, 404]).toContain(status);
  }
});

it('refuses them in feedback and in names of keys, but lets comments have lines', async () => {
  const { prediction_id: id } = await predict(app, await jpeg(2));
  const say = (said: object) =>
    app.fetch(`/v1/predictions/${id}/feedback`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(said),
    });
  for (const said of [{ label: 'a\0b' }, { comment: 'a\0b' }, { label: 'a\nb' }, { label: '\ud800' }])
    expect((await say(said)).status).toBe(400);
  expect((await say({ comment: 'one line\nand another' })).status).toBe(409); // there is no answer yet
  const body = JSON.stringify({ name: 'x\0' });
  expect((await app.fetchAsAdmin('/v1/keys', { method: 'POST', headers: json, body })).status).toBe(400);
  expect((await app.fetchAsAdmin('/v1/keys/%00', { method: 'DELETE' })).status).toBe(400);
});

it('refuses one row of a statement and writes the others', async () => {
  const { image } = await predict(app, await jpeg(3));
  const row = (index: number) => ({
    ...{
      id: `together-${index}`,
      model: 'everyday-10',
      modelVersion: '1',
      task: 'classification',
      engine: 'onnx',
    },
    ...{ parameters: {}, image, expiresInS: null },
    webhook: { url: index === 4 ? 'https://example.com/\0' : 'https://example.com/', baseUrl: app.url },
  });
  const { predictions } = app.services;
  const rows = Array.from({ length: 10 }, (_, index) => row(index));
  const ends = await Promise.allSettled(rows.map((one) => predictions.create(one)));
  expect(ends.map(({ status }) => status)).toEqual(
    rows.map(({ id }) => (id === 'together-4' ? 'rejected' : 'fulfilled')),
  );
  const there = await Promise.allSettled(
    ['together-1', 'to\0gether', 'together-2'].map((id) => predictions.get(id)),
  );
  expect(there.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
