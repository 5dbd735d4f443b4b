import { createHash } from 'node:crypto';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { CAT, finish, form, jpeg, predict, startApp, type TestApp, uploads } from '../../../helpers/app.js';
import { startRedis, type TestRedis } from '../../../helpers/services.js';

const QUEUES = ['postgres', 'redis'] as const;

describe.each(QUEUES)('creating predictions with the queue on %s', (kind) => {
  let redis: TestRedis | null = null;
  let app: TestApp;

  beforeAll(async () => {
    if (kind === 'redis') redis = await startRedis();
    app = await startApp(redis ? { QUEUE_URL: redis.url } : {});
  });
  afterAll(async () => {
    await app.close();
    await redis?.remove();
  });

  test('a form with an image is accepted with a place to look', async () => {
    const image = await jpeg(1);
    const response = await app.fetch('/v1/predictions', {
      method: 'POST',
      body: form(image, { top_k: '3' }),
    });
    expect(response.status).toBe(202);
    const prediction = (await response.json()) as PredictionView;
    expect(response.headers.get('location')).toBe(`${app.url}/v1/predictions/${prediction.prediction_id}`);
    expect(response.headers.get('retry-after')).toBe('1');
    const sha256 = createHash('sha256').update(image).digest('hex');
    expect(prediction).toMatchObject({
      status: 'queued',
      code: 100,
      model: { name: 'everyday-10', version: '1', task: 'classification', engine: 'onnx' },
      parameters: { top_k: 3 },
      image: { sha256, format: 'jpeg', width: 64, height: 48, bytes: image.length },
      output: null,
      error: null,
    });
    const again = await (await app.fetch(`/v1/predictions/${prediction.prediction_id}`)).json();
    expect(again).toEqual(prediction);
  });

  test('a job waits in the queue for each prediction', async () => {
    const before = await app.services.queues.counts(['blood-cells@1']);
    await Promise.all(
      [2, 3, 4].map(async (seed) => predict(app, await jpeg(seed), { model: 'blood-cells' })),
    );
    const after = await app.services.queues.counts(['blood-cells@1']);
    expect((after?.[0]?.wait ?? 0) - (before?.[0]?.wait ?? 0)).toBe(3);
  });

  test('the same image twice is stored once', async () => {
    const image = await jpeg(5);
    const sha256 = createHash('sha256').update(image).digest('hex');
    await Promise.all([predict(app, image), predict(app, image)]);
    expect((await uploads(app)).filter((name) => name.includes(sha256))).toHaveLength(1);
    expect((await uploads(app)).filter((name) => name.startsWith('tmp'))).toEqual([]);
  });

  test('JSON takes base64 and data URLs', async () => {
    const base64 = (await jpeg(6)).toString('base64');
    for (const image of [base64, `data:image/jpeg;base64,${base64}`]) {
      const response = await app.fetch('/v1/predictions', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ image, model: 'everyday-10-tfjs', threshold: 0.5 }),
      });
      expect(response.status).toBe(202);
      expect(await response.json()).toMatchObject({
        parameters: { threshold: 0.5 },
        image: { format: 'jpeg' },
      });
    }
  });

  test('Prefer: wait gives 200 with the answer as soon as it is there', async () => {
    const asked = app.fetch('/v1/predictions', {
      method: 'POST',
      headers: { Prefer: 'respond-async, wait=20' },
      body: form(await jpeg(7), { prediction_id: 'waited-for' }),
    });
    while (!(await app.services.predictions.get('waited-for')));
    await app.services.predictions.finish(finish('waited-for', CAT));
    const response = await asked;
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBe('wait=20');
    expect(await response.json()).toMatchObject({
      status: 'succeeded',
      code: 200,
      metrics: { inference_ms: 4 },
    });
  });

  test('Prefer: wait gives 202 when time is up', async () => {
    const response = await app.fetch('/v1/predictions', {
      method: 'POST',
      headers: { Prefer: 'wait=0' },
      body: form(await jpeg(8)),
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('wait=0');
  });

  test('PUT can be repeated, and refuses another image or other parameters', async () => {
    const put = async (seed: number, fields: Record<string, string>) =>
      app.fetch('/v1/predictions/my-own-id', { method: 'PUT', body: form(await jpeg(seed), fields) });
    const first = await (await put(9, { top_k: '2', threshold: '0.1' })).json();
    const second = await put(9, { threshold: '0.1', top_k: '2' });
    expect(second.status).toBe(202);
    expect(await second.json()).toEqual(first);
    expect((await put(10, { top_k: '2', threshold: '0.1' })).status).toBe(409);
    expect((await put(9, { top_k: '2' })).status).toBe(409);
  });

  test('two requests for one new id at once make one prediction', async () => {
    const put = async (seed: number) =>
      app.fetch('/v1/predictions/raced-for', { method: 'PUT', body: form(await jpeg(seed)) });
    const answers = await Promise.all([put(11), put(12), put(11), put(12)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 409, 409]);
  });
});

describe('an image that is deleted while the next prediction about it is being accepted', () => {
  test('is missed at once: the request is refused, and leaves no row behind', async () => {
    const app = await startApp();
    const { storage, predictions } = app.services;
    const receive = storage.receive.bind(storage);
    // The image goes between its keeping and the row, as when its last other prediction is deleted just then.
    storage.receive = async (...upload) => {
      const pending = await receive(...upload);
      const keep = async () => {
        await pending.keep();
        await storage.removeUnlessUsed(pending.sha256, async () => false);
      };
      return { ...pending, keep };
    };
    const body = form(await jpeg(1), { prediction_id: 'came-too-late' });
    const response = await app.fetch('/v1/predictions', { method: 'POST', body });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('Send it again') });
    expect(await predictions.get('came-too-late')).toBeNull();
    await app.close();
  });
});
