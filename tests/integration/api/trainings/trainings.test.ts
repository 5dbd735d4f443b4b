import type { TrainingView } from '@scry/shared/contracts/training';
import { zipSync } from 'fflate';
import { jpeg, makeKey, startApp, type TestApp, withKey } from '../../../helpers/app.js';
import { colorZip } from '../../../helpers/color-zip.js';
import { addDataset, startTraining } from '../../../helpers/training.js';

let app: TestApp;
let dataset: string;

beforeAll(async () => {
  app = await startApp();
  dataset = await addDataset(app, 'colors', await colorZip(4));
});

afterAll(() => app.close());

async function refusal(request: object): Promise<{ status: number; type: string; detail: string }> {
  const response = await startTraining(app, { dataset, name: 'colors', ...request });
  return { ...((await response.json()) as { type: string; detail: string }), status: response.status };
}

async function started(request: object): Promise<TrainingView> {
  const response = await startTraining(app, { dataset, name: 'colors', ...request });
  expect(response.status).toBe(202);
  return (await response.json()) as TrainingView;
}

const image = async (seed: number) => new Uint8Array(await jpeg(seed));

it('a training is queued, found by its id and in the list, and canceled before it begins', async () => {
  const { id, state, settings } = await started({ method: 'scratch', epochs: 3 });
  expect({ state, settings }).toMatchObject({ state: 'queued', settings: { epochs: 3, batch_size: 32 } });
  const list = (await (await app.fetchAsAdmin(`/v1/trainings?dataset=${dataset}`)).json()) as {
    items: TrainingView[];
  };
  expect(list.items.map((one) => one.id)).toContain(id);
  const waiting = app.fetchAsAdmin(`/v1/trainings/${id}?wait=30`);
  const canceled = await app.fetchAsAdmin(`/v1/trainings/${id}/cancel`, { method: 'POST' });
  expect([canceled.status, ((await canceled.json()) as TrainingView).state]).toEqual([202, 'canceled']);
  expect(((await (await waiting).json()) as TrainingView).state).toBe('canceled');
});

it('a base that is a detector, unknown or missing is refused with a sentence', async () => {
  expect(await refusal({ method: 'head', base: 'blood-cells' })).toMatchObject({
    status: 422,
    type: '/problems/training-refused',
    detail: expect.stringMatching(/"blood-cells" does not classify images \(its task is detection\)/),
  });
  expect((await refusal({ base: 'nobody' })).detail).toMatch(/there is no model "nobody"/);
  expect((await refusal({ method: 'fine-tune' })).detail).toMatch(
    /name the model that the method fine-tune builds on/,
  );
});

it('a data set with one class, with a single image of a class, or without labels is refused', async () => {
  const one = await addDataset(
    app,
    'one',
    zipSync({ cats: { 'a.jpg': await image(1), 'b.jpg': await image(2) } }),
  );
  expect((await refusal({ dataset: one, method: 'scratch' })).detail).toMatch(/one class only, "cats"/);
  const files = {
    cats: { 'a.jpg': await image(1), 'b.jpg': await image(2) },
    dogs: { 'c.jpg': await image(3) },
  };
  const few = await addDataset(app, 'few', zipSync(files));
  expect((await refusal({ dataset: few, method: 'scratch' })).detail).toMatch(
    /at least 2 images, and "dogs" has fewer/,
  );
  const none = await addDataset(app, 'none', zipSync({ cats: {} }));
  expect((await refusal({ dataset: none, method: 'scratch' })).detail).toMatch(/no labelled image/);
});

it('settings that are wrong or not known are named', async () => {
  expect(await refusal({ method: 'scratch', epochs: 0 })).toMatchObject({
    status: 400,
    detail: 'epochs: must be a whole number from 1 to 1000.',
  });
  expect((await refusal({ method: 'scratch', momentum: 1 })).detail).toMatch(/^momentum: is not known here/);
  expect((await refusal({ method: 'scratch', network: 'huge' })).detail).toMatch(/^network: /);
});

it('starting takes the scope "train", looking the scope "read"', async () => {
  const headers = { ...withKey(await makeKey(app, 'read')), 'Content-Type': 'application/json' };
  const refused = await app.fetch('/v1/trainings', { method: 'POST', headers, body: '{}' });
  expect(refused.status).toBe(403);
  expect((await app.fetch('/v1/trainings', { headers })).status).toBe(200);
  expect((await app.fetchAsAdmin(`/v1/trainings/${'0'.repeat(26)}`)).status).toBe(404);
});
