import type { ItemView } from '@scry/shared/contracts/dataset';
import type { Operations } from '@scry/shared/contracts/statistics';
import {
  newTrainingId,
  type TrainingAnswerView,
  type TrainingStatistics,
  type TrainingView,
  trainingSettingsSchema,
} from '@scry/shared/contracts/training';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { TrainingStore } from '@scry/shared/database/trainings';
import { WorkerStore } from '@scry/shared/database/workers';
import { modelBlob } from '@scry/shared/models/version-content';
import { startApp, type TestApp } from '../../../helpers/app.js';
import { colorZip } from '../../../helpers/color-zip.js';
import { quiet } from '../../../helpers/services.js';
import {
  addDataset,
  follow,
  startTrainer,
  startTraining,
  type TestTrainer,
} from '../../../helpers/training.js';

let app: TestApp;
let trainer: TestTrainer;
let database: Database;
let versions: ModelVersionStore;
let dataset: string;

beforeAll(async () => {
  app = await startApp();
  database = openDatabase(app.services.config.DATABASE_URL, { max: 2, name: 'test', log: quiet });
  versions = new ModelVersionStore(database);
  dataset = await addDataset(app, 'colors', await colorZip(10));
  trainer = await startTrainer(app.services.config);
}, 60_000);

afterAll(async () => {
  await trainer.close();
  await database.close();
  await app.close();
});

async function train(request: object): Promise<TrainingView> {
  const response = await startTraining(app, { dataset, ...request });
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return follow(app, ((await response.json()) as TrainingView).id);
}

it('a head on a base model becomes a version that is ready, with its metrics and label', async () => {
  const training = await train({ name: 'colors', method: 'head', base: 'everyday-10' });
  expect(training).toMatchObject({ state: 'succeeded', error: null, dataset: { name: 'colors' } });
  const { version } = training.model;
  expect(await versions.get('colors', String(version))).toMatchObject({
    state: 'ready',
    source: 'training',
    manifest: { task: 'classification', labels: ['blue', 'green', 'red'], input: { width: 32, height: 32 } },
    metrics: { training: training.id, dataset: { hash: training.dataset.hash } },
  });
  expect(await versions.labels('colors')).toMatchObject([{ label: 'stable', version }]);
  expect(training.metrics).toMatchObject({
    images: { train: 24, validation: 6 },
    accuracy: 1,
    confusion: [
      [2, 0, 0],
      [0, 2, 0],
      [0, 0, 2],
    ],
  });
}, 60_000);

async function get<T>(where: string): Promise<T> {
  return (await (await app.fetchAsAdmin(where)).json()) as T;
}

it('the images behind a cell of the confusion matrix are listed, also when an item is gone', async () => {
  const own = await addDataset(app, 'own', await colorZip(10));
  const { id, metrics, curve, model } = await train({ dataset: own, name: 'cells', base: 'everyday-10' });
  const cell = `/v1/trainings/${id}/answers?class=red&answered=red`;
  type Page = { items: TrainingAnswerView[]; next: string | null };
  const first = await get<Page>(`${cell}&limit=1`);
  const second = await get<Page>(`${cell}&limit=1&cursor=${first.next}`);
  const [one, other] = [...first.items, ...second.items] as [TrainingAnswerView, TrainingAnswerView];
  expect([one.class, one.answered, second.next]).toEqual(['red', 'red', null]);
  expect(one.confidence).toBeGreaterThanOrEqual(other.confidence);
  const thumbnail = new URL(one.urls?.thumbnail ?? '');
  expect((await app.fetchAsAdmin(thumbnail.pathname)).status).toBe(200);
  expect((await get<Page>(`/v1/trainings/${id}/answers?wrong=true`)).items).toEqual([]);
  expect((await get<Page>(`/v1/trainings/${id}/answers?order=unsure`)).items).toHaveLength(6);
  await app.fetchAsAdmin(`/v1/datasets/${own}`, { method: 'DELETE' });
  expect((await get<Page>(cell)).items[0]).toMatchObject({ item: one.item, urls: null });

  expect(curve.at(-1)).toMatchObject({ accuracy: 1, macro_f1: 1, validation_macro_f1: 1 });
  expect(metrics).toMatchObject({ train: { accuracy: 1, macro_f1: 1 }, test: null });
  const figures = await get<TrainingStatistics>('/v1/stats/trainings?model=cells');
  expect(figures.states.succeeded).toBeGreaterThan(0);
  expect(figures.models).toMatchObject([
    { model: 'cells', versions: [{ training: id, version: model.version, validation: { accuracy: 1 } }] },
  ]);
}, 60_000);

it('a base of another kind of file is converted', async () => {
  const training = await train({ name: 'converted', method: 'head', base: 'everyday-10-tfjs' });
  expect(training).toMatchObject({ state: 'succeeded', error: null, metrics: { accuracy: 1 } });
}, 60_000);

it('items with the split "test" take no part, and the result is measured on them', async () => {
  const own = await addDataset(app, 'with tests', await colorZip(10));
  const { items } = await get<{ items: ItemView[] }>(`/v1/datasets/${own}/items?class=red&limit=3`);
  await app.fetchAsAdmin(`/v1/datasets/${own}/items`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ids: items.map(({ id }) => id), split: 'test' }),
  });
  const test = { images: 3, accuracy: 1 };
  const head = await train({ dataset: own, name: 'tested', base: 'everyday-10' });
  expect(head.metrics).toMatchObject({ test, images: { train: 22, validation: 5 } });
  const scratch = { dataset: own, name: 'tested', method: 'scratch', input_size: 16, epochs: 4 };
  expect((await train(scratch)).metrics).toMatchObject({
    test: { images: 3 },
    train: { loss: expect.any(Number) },
  });
}, 60_000);

it('embeddings are computed once, and the same file comes of kept ones', async () => {
  const own = await addDataset(app, 'kept', await colorZip(11));
  const fileOf = async (name: string, settings: object) => {
    const { model, error, log } = await train({ dataset: own, name, base: 'everyday-10', ...settings });
    expect(error).toBeNull();
    return { log, sha256: (await versions.get(name, String(model.version)))?.files[0]?.sha256 };
  };
  const hidden = { hidden: 8, label_smoothing: 0.1 };
  const first = await fileOf('kept-1', hidden);
  const second = await fileOf('kept-2', hidden);
  expect(second.sha256).toBe(first.sha256);
  expect(second.log).toContain('33 of 33 embeddings are known from earlier trainings.');
  const fineTune = {
    method: 'fine-tune',
    warm_start: true,
    blocks: 1,
    epochs: 1,
    augment: { flip: true, erase: true },
  };
  const tuned = await fileOf('tuned-1', fineTune);
  expect((await fileOf('tuned-2', fineTune)).sha256).toBe(tuned.sha256);
  expect(tuned.log).toContain('The new last layer begins as the method head would have it.');
}, 120_000);

it('the same seed, data and settings give the same file', async () => {
  const request = { method: 'scratch', network: 'small', input_size: 16, epochs: 2, label: null };
  const augment = { flip: true, crop: true, rotate: true, color: true, erase: true };
  const file = async (name: string) => {
    const { model, error } = await train({ ...request, augment, name });
    expect(error).toBeNull();
    return (await versions.get(name, String(model.version)))?.files[0]?.sha256 as string;
  };
  const first = await file('first');
  expect(await file('second')).toBe(first);
  expect(await app.services.blobs.stat(modelBlob(first))).not.toBeNull();
}, 60_000);

it('a network of its own and a whole base model learn colors', async () => {
  const scratch = await train({
    name: 'own',
    method: 'scratch',
    network: 'residual',
    input_size: 16,
    batch_size: 4,
    epochs: 12,
  });
  expect(scratch).toMatchObject({ state: 'succeeded', error: null });
  expect(scratch.metrics?.accuracy).toBe(1);
  expect(scratch.curve).toHaveLength(12);
  const tuned = await train({
    name: 'tuned',
    method: 'fine-tune',
    base: 'everyday-10',
    blocks: 1,
    epochs: 3,
  });
  expect(tuned).toMatchObject({ state: 'succeeded', error: null });
}, 120_000);

it('a worker that only trains says that it lives, what it trains, and how its trainings ended', async () => {
  const request = { dataset, method: 'scratch', input_size: 16, epochs: 1000, name: 'watched' };
  const { id } = (await (await startTraining(app, request)).json()) as TrainingView;
  await follow(app, id, ({ progress }) => (progress.epoch ?? 0) > 0);
  expect(await trainer.metrics.registry.metrics()).toMatch(/^scry_worker_training\{method="scratch"\} 1$/m);
  const look = async () => (await get<Operations>('/v1/stats')).workers;
  let workers = await look();
  while (workers[0]?.training !== id) workers = await look();
  expect(workers).toMatchObject([{ id: 'trainer', roles: ['train'], models: [] }]);
  expect(await new WorkerStore(database).live()).toEqual([]); // no prediction may wait for it
  await app.fetchAsAdmin(`/v1/trainings/${id}/cancel`, { method: 'POST' });
  await follow(app, id);
  let metrics = '';
  while (!/outcome="canceled"/.test(metrics)) {
    await new Promise(setImmediate); // reading them alone would let nothing else happen
    metrics = await trainer.metrics.registry.metrics();
  }
  expect(metrics).toMatch(/^scry_worker_trainings_total\{method="scratch",outcome="canceled"\} 1$/m);
}, 60_000);

it('a training that is canceled makes no version, or one of the best so far', async () => {
  const long = { dataset, method: 'scratch', input_size: 16, epochs: 1000, name: 'long' };
  const cancel = async (keep_best: boolean) => {
    const { id } = (await (await startTraining(app, long)).json()) as TrainingView;
    await follow(app, id, ({ curve }) => curve.length > 0);
    await app.fetchAsAdmin(`/v1/trainings/${id}/cancel`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ keep_best }),
    });
    return follow(app, id);
  };
  expect(await cancel(false)).toMatchObject({ state: 'canceled', model: { version: null } });
  const kept = await cancel(true);
  expect(kept).toMatchObject({ state: 'canceled', model: { version: expect.any(String) } });
  expect(await versions.get('long', String(kept.model.version))).toMatchObject({ state: 'ready' });
  const left: unknown[] = [];
  for await (const blob of app.services.blobs.list('trainings')) left.push(blob);
  expect(left).toEqual([]);
}, 60_000);

it('a worker that stops leaves its training to the next, which goes on from the last epoch', async () => {
  const request = { dataset, method: 'scratch', input_size: 16, epochs: 40, label: null };
  const undisturbed = await train({ ...request, name: 'undisturbed' });
  const { id } = (await (await startTraining(app, { ...request, name: 'disturbed' })).json()) as TrainingView;
  await follow(app, id, ({ curve }) => curve.length >= 3);
  await trainer.close();
  const between = (await (await app.fetchAsAdmin(`/v1/trainings/${id}`)).json()) as TrainingView;
  expect(between.state).toBe('queued');
  trainer = await startTrainer(app.services.config);
  const ended = await follow(app, id);
  expect(ended.log.join('\n')).toMatch(/Goes on after epoch [1-9]/);
  expect(ended.curve.map(({ epoch }) => epoch)).toEqual(undisturbed.curve.map(({ epoch }) => epoch));
  const sha = async (name: string, version: string | null) =>
    (await versions.get(name, String(version)))?.files[0]?.sha256;
  expect(await sha('disturbed', ended.model.version)).toBe(
    await sha('undisturbed', undisturbed.model.version),
  );
}, 120_000);

it('what cannot be trained fails with a sentence', async () => {
  const network = {
    class_name: 'Sequential',
    config: {
      layers: [
        { class_name: 'InputLayer', config: { name: 'image', batch_input_shape: [null, 8, 8, 3] } },
        { class_name: 'Nonsense', config: { name: 'odd' } },
      ],
    },
  };
  const own = await train({ name: 'nonsense', method: 'scratch', network });
  expect(own.state).toBe('failed');
  expect(own.error).toMatch(/Nonsense/);
}, 60_000);

it('a training without a job is found, and failed when three workers died on it', async () => {
  const store = new TrainingStore(database);
  const id = newTrainingId();
  const settings = { ...trainingSettingsSchema.parse({ method: 'scratch' }), label: null };
  const datasetName = 'colors';
  await store.create({
    id,
    datasetId: dataset,
    datasetName,
    name: 'deadly',
    method: 'scratch',
    settings,
    createdBy: null,
  });
  const long = "clock_timestamp() - interval '1 hour'";
  await database.query(`UPDATE trainings SET deaths = 3, touched_at = ${long} WHERE id = $1`, [id]);
  expect(await follow(app, id)).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/died 3 times/),
  });
}, 60_000);
