import type { PredictionView } from '@scry/shared/contracts/prediction';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ ANSWER_CACHE: 'true' });
});

afterAll(() => app.close());

const succeed = (id: string) => app.services.predictions.finish(finish(id, CAT));

it('answers the same image, model and parameters from an earlier prediction', async () => {
  const image = await jpeg(1);
  const first = await predict(app, image);
  expect(first).toMatchObject({ status: 'queued', cached: false });
  await succeed(first.prediction_id);
  const second = await predict(app, image);
  const { output } = (await (
    await app.fetch(`/v1/predictions/${first.prediction_id}`)
  ).json()) as PredictionView;
  expect(second).toMatchObject({ status: 'succeeded', code: 200, cached: true, metrics: null, output });
  expect(second.prediction_id).not.toBe(first.prediction_id);
});

it('looks again at another image, for other parameters, and after a failure', async () => {
  const image = await jpeg(2);
  const first = await predict(app, image);
  await app.services.predictions.end([first.prediction_id], 'failed', 510, 'The image could not be read.');
  await expect(predict(app, image)).resolves.toMatchObject({ status: 'queued', cached: false });

  const known = await predict(app, await jpeg(3));
  await succeed(known.prediction_id);
  await expect(predict(app, await jpeg(4))).resolves.toMatchObject({ status: 'queued', cached: false });
  await expect(predict(app, await jpeg(3), { top_k: '2' })).resolves.toMatchObject({
    status: 'queued',
    cached: false,
  });
});
