/** Asking about the image of an earlier prediction again, without sending it. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { form, jpeg, predict, startApp, type TestApp, uploads } from '../../../helpers/app.js';

describe('the image of an earlier prediction', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const asJson = (where: string, method: string, body: object) =>
    app.fetch(where, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('is asked about again by form or JSON, with other models and settings, and stored once', async () => {
    const first = await predict(app, await jpeg(21));
    const from = first.prediction_id;
    const before = await uploads(app);
    const byForm = await app.fetch('/v1/predictions', {
      method: 'POST',
      body: form(null, { from, model: 'blood-cells', threshold: '0.4' }),
    });
    expect(byForm.status).toBe(202);
    const second = (await byForm.json()) as PredictionView;
    expect(second).toMatchObject({
      model: { name: 'blood-cells' },
      parameters: { threshold: 0.4 },
      image: first.image,
    });
    expect(second.prediction_id).not.toBe(from);
    const byJson = await asJson('/v1/predictions', 'POST', { from, model: 'everyday-10-tfjs' });
    expect(await byJson.json()).toMatchObject({ model: { name: 'everyday-10-tfjs' }, image: first.image });
    expect(await uploads(app)).toEqual(before);
  });

  test('is asked about under an id of the client, and repeating that makes no other prediction', async () => {
    const { prediction_id: from } = await predict(app, await jpeg(22));
    const put = () => asJson('/v1/predictions/once-more-22', 'PUT', { from, model: 'blood-cells' });
    const [once, again] = [await put(), await put()];
    expect([once.status, again.status]).toEqual([202, 202]);
    expect(await again.json()).toEqual(await once.json());
  });

  test('stays for as long as any prediction needs it', async () => {
    const { prediction_id: from, image } = await predict(app, await jpeg(23));
    const again = await app.fetch('/v1/predictions', { method: 'POST', body: form(null, { from }) });
    const { prediction_id: id } = (await again.json()) as PredictionView;
    await app.fetch(`/v1/predictions/${from}`, { method: 'DELETE' });
    await app.services.storedFiles.run(AbortSignal.timeout(10_000));
    expect((await app.fetch(`/v1/predictions/${id}/image`)).status).toBe(200);
    await app.fetch(`/v1/predictions/${id}`, { method: 'DELETE' });
    await app.services.storedFiles.run(AbortSignal.timeout(10_000));
    expect((await uploads(app)).filter((name) => name.includes(image.sha256))).toEqual([]);
  });

  test('is refused with a sentence when the prediction or the image is gone', async () => {
    const { prediction_id: from, image } = await predict(app, await jpeg(24));
    await app.services.storage.removeUnlessUsed(image.sha256, async () => false);
    const gone = await app.fetch('/v1/predictions', { method: 'POST', body: form(null, { from }) });
    expect(gone.status).toBe(410);
    expect(await gone.json()).toMatchObject({
      type: '/problems/image-gone',
      detail: `from: the image of prediction "${from}" is not kept any more. Send the image itself.`,
    });
    await app.fetch(`/v1/predictions/${from}`, { method: 'DELETE' });
    const unknown = await asJson('/v1/predictions', 'POST', { from });
    expect(unknown.status).toBe(404);
    expect(((await unknown.json()) as { detail: string }).detail).toContain('Send the image itself.');
  });

  test.each([
    ['beside another image', { from: 'some-prediction' }, true, 'image, from: send one of them.'],
    ['by what is no id', { from: '../../etc/passwd' }, false, 'from: must be the id of a prediction'],
    ['by an empty name', { from: '' }, false, 'from: must be the id of a prediction'],
  ])('is refused %s', async (_, fields, withImage, detail) => {
    const before = await uploads(app);
    const body = form(withImage ? await jpeg(25) : null, fields);
    const response = await app.fetch('/v1/predictions', { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { detail: string }).detail).toContain(detail);
    expect(await uploads(app)).toEqual(before);
  });

  test('goes through the checks of an upload again', async () => {
    const { storage, predictions } = app.services;
    const text = await storage.receive(
      (async function* () {
        yield Buffer.from('no image');
      })(),
      100,
    );
    await text.keep();
    const image = { sha256: text.sha256, format: 'jpeg', width: 8, height: 8, bytes: text.bytes } as const;
    const model = { model: 'everyday-10', modelVersion: '1', task: 'classification', engine: 'onnx' };
    const id = 'from-a-text-file';
    await predictions.create({ id, ...model, parameters: {}, image, expiresInS: null });
    const response = await asJson('/v1/predictions', 'POST', { from: id });
    expect(await response.json()).toMatchObject({ type: '/problems/unsupported-image' });
  });
});
