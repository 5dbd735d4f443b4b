import { type PredictionView, predictionSchema } from '@scry/shared/contracts/prediction';
import { openDatabase } from '@scry/shared/database/database';
import { type WorkerBeat, WorkerStore } from '@scry/shared/database/workers';
import {
  CAT,
  finish,
  form,
  jpeg,
  predict,
  startApp,
  type TestApp,
  until,
  uploads,
} from '../../../helpers/app.js';
import { quiet } from '../../../helpers/services.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const get = (id: string, query = '', headers: Record<string, string> = {}) =>
  app.fetch(`/v1/predictions/${id}${query}`, { headers });
const read = async (response: Response) => (await response.json()) as PredictionView;

describe('one prediction', () => {
  test('says when to ask again while it has not ended, and never answers what has not changed', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(1));
    const first = await get(id);
    expect(first.headers.get('retry-after')).toBe('1');
    const tag = first.headers.get('etag') ?? '';
    expect((await get(id, '', { 'If-None-Match': tag })).status).toBe(304);

    await app.services.predictions.finish(finish(id, CAT));
    const second = await get(id, '', { 'If-None-Match': tag });
    expect(second.status).toBe(200);
    expect(second.headers.get('retry-after')).toBeNull();
    expect(predictionSchema.strict().parse(await second.json())).toMatchObject({
      status: 'succeeded',
      code: 200,
      output: { predictions: [{ class_name: 'cat' }] },
      metrics: { decode_ms: 2, inference_ms: 4, batch_size: 1, worker: 'test' },
    });
    expect((await get(id, '', { 'If-None-Match': second.headers.get('etag') ?? '' })).status).toBe(304);
  });

  test('of a failed attempt carries its code and a sentence', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(2));
    const error = { code: 510, message: 'The file ends in the middle of the image.' };
    await app.services.predictions.finish(finish(id, { status: 'failed', error }));
    expect(await read(await get(id))).toMatchObject({ status: 'failed', code: 510, error, output: null });
  });

  test('is waited for until it ends', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(3));
    const waiting = get(id, '?wait=20');
    while (app.services.waiters.waiting === 0) await new Promise(setImmediate);
    await app.services.predictions.claim(id, 'test'); // being worked on is not yet the end
    await app.services.predictions.finish(finish(id, CAT));
    expect(await read(await waiting)).toMatchObject({ status: 'succeeded' });
    expect(app.services.waiters.waiting).toBe(0);
  });

  test('is given as it is when the time to wait is up, and at once when it has ended', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(4));
    expect(await read(await get(id, '?wait=0.05'))).toMatchObject({ status: 'queued' });
    await app.services.predictions.finish(finish(id, CAT));
    const response = await get(id, '', { Prefer: 'wait=20' });
    expect(await read(response)).toMatchObject({ status: 'succeeded' });
    expect(response.headers.get('preference-applied')).toBe('wait=20');
  });

  test('is no longer waited for when the client has left', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(5));
    const abort = new AbortController();
    const waiting = app.fetch(`/v1/predictions/${id}?wait=60`, { signal: abort.signal });
    while (app.services.waiters.waiting === 0) await new Promise(setImmediate);
    abort.abort();
    await expect(waiting).rejects.toThrow('aborted');
    while (app.services.waiters.waiting > 0) await new Promise(setImmediate);
  });

  test('expires when its time is up, as a field or as a header says', async () => {
    const soon = await predict(app, await jpeg(6), { expires_in: '90' });
    expect(Date.parse(soon.expires_at ?? '') - Date.parse(soon.created_at)).toBe(90_000);
    const response = await app.fetch('/v1/predictions', {
      method: 'POST',
      headers: { 'Cancel-After': '2m' },
      body: form(await jpeg(6)),
    });
    const later = await read(response);
    expect(Date.parse(later.expires_at ?? '') - Date.parse(later.created_at)).toBe(120_000);
  });
});

describe('canceling', () => {
  test('ends what has not ended, takes its job back and lets whoever waits go', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(7), { model: 'blood-cells' });
    const before = await app.services.queues.counts(['blood-cells@1']);
    const waiting = get(id, '?wait=20');
    while (app.services.waiters.waiting === 0) await new Promise(setImmediate);
    const canceled = await read(await app.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' }));
    expect(canceled).toMatchObject({ status: 'canceled', code: 500 });
    expect(await read(await waiting)).toMatchObject({ status: 'canceled' });
    const after = await app.services.queues.counts(['blood-cells@1']);
    expect((before?.[0]?.wait ?? 0) - (after?.[0]?.wait ?? 0)).toBe(1);
  });

  test('leaves what has ended as it is', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(8));
    await app.services.predictions.finish(finish(id, CAT));
    const response = await app.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
    expect(await read(response)).toMatchObject({
      status: 'succeeded',
      output: CAT.status === 'succeeded' && CAT.output,
    });
  });
});

describe('deleting', () => {
  test('removes the image with the last prediction that uses it', async () => {
    const image = await jpeg(9);
    const first = await predict(app, image);
    const second = await predict(app, image);
    const kept = async () => {
      await app.services.storedFiles.run(AbortSignal.timeout(10_000));
      return (await uploads(app)).some((name) => name.endsWith(first.image.sha256));
    };

    expect((await app.fetch(`/v1/predictions/${first.prediction_id}`, { method: 'DELETE' })).status).toBe(
      204,
    );
    expect((await get(first.prediction_id)).status).toBe(404);
    expect(await kept()).toBe(true);
    expect((await app.fetch(`/v1/predictions/${second.prediction_id}`, { method: 'DELETE' })).status).toBe(
      204,
    );
    expect(await kept()).toBe(false);
  });

  test('never takes the image from a prediction that is being accepted', async () => {
    const image = await jpeg(10);
    for (let round = 0; round < 20; round++) {
      const { prediction_id: old } = await predict(app, image);
      const [created] = await Promise.all([
        app.fetch('/v1/predictions', { method: 'POST', body: form(image) }),
        app.fetch(`/v1/predictions/${old}`, { method: 'DELETE' }),
      ]);
      expect([202, 503]).toContain(created.status);
      if (created.status === 503) continue;
      const { prediction_id: id } = await read(created);
      expect((await get(id, '/image')).status).toBe(200);
      await app.fetch(`/v1/predictions/${id}`, { method: 'DELETE' });
    }
    expect((await uploads(app)).filter((name) => name.startsWith('tmp'))).toEqual([]);
  });
});

describe('the list', () => {
  let listed: TestApp;
  const ids: string[] = [];
  const list = async (query: string) => {
    const response = await listed.fetchAsAdmin(`/v1/predictions?${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as { items: PredictionView[]; next: string | null };
  };
  const idsOf = (page: { items: PredictionView[] }) => page.items.map((item) => item.prediction_id);

  beforeAll(async () => {
    listed = await startApp();
    for (let index = 0; index < 7; index++) {
      const model = index % 2 === 0 ? 'everyday-10' : 'blood-cells';
      const { prediction_id } = await predict(listed, await jpeg(index), { model });
      ids.unshift(prediction_id);
    }
    await listed.services.predictions.finish(finish(ids[0] as string, CAT));
  });
  afterAll(() => listed.close());

  test('goes from the newest to the oldest, page by page', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(`limit=3${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...idsOf(page));
      cursor = page.next;
    }
    expect(seen).toEqual(ids);
  });

  test('can be narrowed by model, status, label and time', async () => {
    expect(idsOf(await list('model=blood-cells'))).toEqual(ids.filter((_, index) => index % 2 === 1));
    expect(idsOf(await list('status=succeeded'))).toEqual([ids[0]]);
    expect(idsOf(await list('label=cat'))).toEqual([ids[0]]);
    expect(idsOf(await list('label=dog'))).toEqual([]);
    const third = (await list('limit=3')).items[2] as PredictionView;
    const since = encodeURIComponent(third.created_at);
    expect(idsOf(await list(`since=${since}`))).toEqual(ids.slice(0, 3));
    expect(idsOf(await list('until=2020-01-01T00:00:00Z'))).toEqual([]);
  });
});

describe('models', () => {
  /** Says what a worker would. */
  async function beat(worker: WorkerBeat): Promise<void> {
    const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
    await new WorkerStore(database).beat(worker);
    await database.close();
  }

  test('are served when a worker says so', async () => {
    const model = async () =>
      (await (await app.fetch('/v1/models/everyday-10')).json()) as { serving: boolean };
    expect(await model()).toMatchObject({
      name: 'everyday-10',
      default: true,
      task: 'classification',
      input: { width: 32, height: 32, channels: 'rgb' },
      parameters: { top_k: 5 },
      serving: false,
      workers: [],
    });
    const served = {
      name: 'everyday-10',
      version: '1',
      engine: 'onnx',
      device: 'cpu',
      runtime: 'onnxruntime',
      notes: ['converted from Keras'],
    };
    await beat({
      id: 'w1',
      host: 'here',
      pid: 1,
      models: [served],
      problems: [{ name: 'blood-cells', message: 'model.onnx is damaged' }],
      queueProblem: null,
    });
    await until('it is served', async () => (await model()).serving);
    expect(await model()).toMatchObject({
      serving: true,
      workers: [{ id: 'w1', device: 'cpu', notes: ['converted from Keras'] }],
    });
    expect(await (await app.fetch('/v1/models')).json()).toMatchObject({
      default: 'everyday-10',
      items: [
        {
          name: 'blood-cells',
          serving: false,
          problems: [{ worker: 'w1', message: 'model.onnx is damaged' }],
        },
        { name: 'everyday-10', serving: true },
        { name: 'everyday-10-tfjs', serving: false },
      ],
    });
  });
});
