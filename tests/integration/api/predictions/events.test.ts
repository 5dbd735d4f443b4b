import type { PredictionView } from '@scry/shared/contracts/prediction';
import { CAT, finish, jpeg, predict, startApp, type TestApp, until } from '../../../helpers/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const open = (id: string, headers: Record<string, string> = {}) =>
  app.fetch(`/v1/predictions/${id}/events`, { headers });

/** Everything a stream holds until it ends. */
async function events(response: Response): Promise<{ id: string; prediction: PredictionView }[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block.startsWith('id:'));
  return blocks.map((block) => {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
    expect(fields.event).toBe('status');
    return { id: fields.id as string, prediction: JSON.parse(fields.data as string) as PredictionView };
  });
}

const statuses = (found: { prediction: PredictionView }[]) =>
  found.map(({ prediction }) => prediction.status);
const watched = () => until('somebody watches', async () => app.services.waiters.waiting > 0);

test('every change comes as an event, and the stream ends after the last', async () => {
  const { prediction_id: id } = await predict(app, await jpeg(1));
  const response = await open(id);
  expect(response.headers.get('content-type')).toMatch('text/event-stream');
  const all = events(response);
  await watched();
  await app.services.predictions.claim(id, 'test');
  await app.services.predictions.finish(finish(id, CAT));
  const found = await all;
  expect(statuses(found)).toEqual(['queued', 'processing', 'succeeded']);
  expect(found.map((event) => event.id)).toEqual(['0', '1', '2']);
  expect(found[1]?.prediction).toMatchObject({ code: 100, output: null, metrics: null, completed_at: null });
  expect(found[2]?.prediction).toEqual(await (await app.fetch(`/v1/predictions/${id}`)).json());
});

test('being worked on is told even when it was over before anyone looked', async () => {
  const { prediction_id: id } = await predict(app, await jpeg(2));
  const all = events(await open(id));
  await watched();
  await app.services.predictions.finish(finish(id, CAT));
  expect(statuses(await all)).toEqual(['queued', 'processing', 'succeeded']);
});

test('a prediction that was canceled while it waited never was worked on', async () => {
  const { prediction_id: id } = await predict(app, await jpeg(3));
  const all = events(await open(id));
  await watched();
  await app.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
  expect(statuses(await all)).toEqual(['queued', 'canceled']);
});

test('a client that lost its connection goes on after the last event it had', async () => {
  const { prediction_id: id } = await predict(app, await jpeg(4));
  await app.services.predictions.finish(finish(id, CAT));
  expect(statuses(await events(await open(id)))).toEqual(['succeeded']);
  expect(statuses(await events(await open(id, { 'Last-Event-ID': '0' })))).toEqual([
    'processing',
    'succeeded',
  ]);
  expect(statuses(await events(await open(id, { 'Last-Event-ID': '1' })))).toEqual(['succeeded']);
  expect((await open(id, { 'Last-Event-ID': '2' })).status).toBe(204);
});

test('a stream ends when its prediction is deleted, and costs nothing when its client has left', async () => {
  const { prediction_id: id } = await predict(app, await jpeg(5));
  const abort = new AbortController();
  const left = await app.fetch(`/v1/predictions/${id}/events`, { signal: abort.signal });
  const stays = events(await open(id));
  await until('both watch', async () => app.services.waiters.waiting === 2);
  abort.abort();
  await expect(left.text()).rejects.toThrow('aborted');
  await until('one has left', async () => app.services.waiters.waiting === 1);
  await app.fetchAsAdmin(`/v1/predictions/${id}`, { method: 'DELETE' });
  expect(statuses(await stays).slice(0, 1)).toEqual(['queued']);
  expect(app.services.waiters.waiting).toBe(0);
});
