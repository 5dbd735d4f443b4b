import path from 'node:path';
import { form, jpeg, startApp } from '../../../helpers/app.js';

it('without MODELS_DIR the API runs, says what is missing and predicts nothing', async () => {
  const missing = path.join(import.meta.dirname, 'no-such-folder');
  const app = await startApp({ MODELS_DIR: missing });
  const models = await (await app.fetch('/v1/models')).json();
  expect(models).toMatchObject({
    items: [],
    problems: [{ name: 'MODELS_DIR', message: expect.stringMatching(/: no-such-folder does not exist/) }],
  });
  const refused = await app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(1)) });
  expect(refused.status).toBe(404);
  expect(await refused.json()).toMatchObject({ type: '/problems/unknown-model' });
  await app.close();
});
