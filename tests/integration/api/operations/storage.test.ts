import { storageSchema } from '@scry/shared/contracts/statistics';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ RETENTION_DAYS: '1' });
});
afterAll(() => app.close());

test('operators see what takes room, and what retention removes next', async () => {
  const sent = [];
  for (const seed of [1, 2, 3]) sent.push(await predict(app, await jpeg(seed)));
  const [first] = sent;
  await app.services.predictions.finish(finish(first?.prediction_id ?? '', CAT));
  const use = storageSchema.parse(await (await app.fetch('/v1/stats/storage')).json());
  const bytes = sent.reduce((sum, { image }) => sum + image.bytes, 0);
  expect(use).toMatchObject({
    images: { bytes, files: 3, exact: true },
    retention: { days: 1, oldest: first?.created_at, due: 1, due_exact: true, derived_days: 7 },
  });
  expect(use.database_bytes).toBeGreaterThan(1e6);
});

test('more files than are looked at are estimated from some of them', async () => {
  for (let seed = 10; seed < 40; seed++) await predict(app, await jpeg(seed));
  const { storage } = app.services;
  expect((await storage.use(1000)).images).toMatchObject({ files: 33, exact: true });
  const { images } = await storage.use(10);
  expect(images.exact).toBe(false);
  expect(images.files).toBeGreaterThan(10);
  expect(images.files).toBeLessThan(120);
});
