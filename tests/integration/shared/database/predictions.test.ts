import { ChangeListener } from '@scry/shared/database/change-listener';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { type Finish, type NewPrediction, PredictionStore } from '@scry/shared/database/predictions';
import { StoredFileStore } from '@scry/shared/database/stored-files';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

let testDatabase: TestDatabase;
let database: Database;
let store: PredictionStore;

beforeAll(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  store = new PredictionStore(database);
});

afterAll(async () => {
  await store.close();
  await database.close();
  await testDatabase.drop();
});

const shaOf = (text: string) => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);

function prediction(id: string, changes: Partial<NewPrediction> = {}): NewPrediction {
  const image = { sha256: shaOf(id), format: 'jpeg', width: 640, height: 480, bytes: 2330 } as const;
  const model = { model: 'everyday-10', modelVersion: '1', task: 'classification', engine: 'onnx' };
  return { id, ...model, parameters: { top_k: 3 }, image, expiresInS: null, ...changes };
}

function success(id: string, className = 'cat'): Finish {
  const predictions = [{ class_index: 3, class_name: className, confidence: 0.97 }];
  const costs = { decodeMs: 2, batchMs: 1, inferenceMs: 4, batchSize: 4 };
  return {
    id,
    outcome: { status: 'succeeded', output: { predictions } },
    modelVersion: '1',
    worker: 'w1',
    device: 'cpu',
    ...costs,
  };
}

it('gives back what was created, with the times of the database', async () => {
  await store.create(prediction('created-1'));
  const found = await store.get('created-1');
  expect(found).toMatchObject({
    status: 'queued',
    code: 100,
    parameters: { top_k: 3 },
    output: null,
    error: null,
    metrics: null,
  });
  expect(found?.image).toEqual({
    sha256: shaOf('created-1'),
    format: 'jpeg',
    width: 640,
    height: 480,
    bytes: 2330,
  });
  await expect(store.get('never-created')).resolves.toBeNull();
});

it('takes an id once, also when it comes twice at the same moment', async () => {
  const created = await Promise.all([1, 2, 3].map(() => store.create(prediction('taken-id'))));
  expect(created.filter((row) => row === null)).toHaveLength(2);
});

it('writes a result once, whoever comes second', async () => {
  await store.create(prediction('written-once'));
  await store.claim('written-once', 'w1');
  const written = await Promise.all([
    store.finish(success('written-once')),
    store.finish(success('written-once', 'dog')),
  ]);
  expect(written.toSorted()).toEqual([false, true]);
  await expect(store.finish(success('written-once', 'ship'))).resolves.toBe(false);
  const found = await store.get('written-once');
  const winner = written[0] ? 'cat' : 'dog';
  expect(found).toMatchObject({
    status: 'succeeded',
    code: 200,
    output: { predictions: [{ class_name: winner }] },
  });
  expect(found?.metrics).toMatchObject({
    decode_ms: 2,
    batch_ms: 1,
    inference_ms: 4,
    batch_size: 4,
    worker: 'w1',
  });
});

it('counts the deaths on a prediction, but not claims that were given back', async () => {
  await store.create(prediction('claimed-1'));
  await expect(store.claim('claimed-1', 'w1')).resolves.toEqual({ claimed: true, deaths: 0 });
  await store.release(['claimed-1']);
  await expect(store.claim('claimed-1', 'w1')).resolves.toEqual({ claimed: true, deaths: 0 });
  await expect(store.claim('claimed-1', 'w2')).resolves.toEqual({ claimed: true, deaths: 1 });
});

it('refuses a claim on what is canceled, expired or unknown', async () => {
  await store.create(prediction('canceled-1'));
  await expect(store.cancel('canceled-1')).resolves.toMatchObject({ status: 'canceled' });
  await store.create(prediction('expired-1', { expiresInS: 0 }));
  for (const id of ['canceled-1', 'expired-1', 'unknown-1']) {
    await expect(store.claim(id, 'w1')).resolves.toEqual({ claimed: false });
  }
  await expect(store.finish(success('canceled-1'))).resolves.toBe(false);
});

it('tells every change of status to those who listen, in order', async () => {
  const changes = new ChangeListener(testDatabase.url, quiet);
  await changes.start();
  const seen: string[] = [];
  const ended = new Promise<void>((resolve) => {
    changes.subscribe('listened-1', (status) => {
      seen.push(String(status));
      if (status === 'succeeded') resolve();
    });
  });
  await store.create(prediction('listened-1'));
  await store.claim('listened-1', 'w1');
  await store.finish(success('listened-1'));
  await ended;
  await changes.close();
  expect(seen).toEqual(['processing', 'succeeded']);
});

it('listens again after its connection was cut, and says that something may have been missed', async () => {
  const changes = new ChangeListener(testDatabase.url, quiet);
  await changes.start();
  const told = new Promise<unknown>((resolve) => changes.subscribe('cut-off-1', resolve));
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scry-changes' AND datname = current_database()`,
  );
  await expect(told).resolves.toBeNull();
  await changes.close();
});

it('lists newest first, page by page, without gaps or repeats', async () => {
  const ids = Array.from({ length: 25 }, (_, index) => `listed-${String(index).padStart(2, '0')}`);
  for (const id of ids) await store.create(prediction(id, { model: 'listed-model' }));
  const seen: string[] = [];
  let after: { createdAt: string; id: string } | undefined;
  do {
    const page = await store.list({ model: 'listed-model', limit: 10, after });
    seen.push(...page.items.map((item) => item.id));
    after = page.next ?? undefined;
  } while (after);
  expect(seen).toEqual(ids.reverse());
});

it('filters by status and by label', async () => {
  const model = 'filtered-model';
  for (const id of ['filtered-a', 'filtered-b', 'filtered-c']) await store.create(prediction(id, { model }));
  await store.finish(success('filtered-a', 'ship'));
  await store.cancel('filtered-b');
  const list = async (filter: object) =>
    (await store.list({ model, limit: 10, ...filter })).items.map((item) => item.id);
  await expect(list({ status: 'succeeded' })).resolves.toEqual(['filtered-a']);
  await expect(list({ status: 'canceled' })).resolves.toEqual(['filtered-b']);
  await expect(list({ status: 'queued' })).resolves.toEqual(['filtered-c']);
  await expect(list({ label: 'ship' })).resolves.toEqual(['filtered-a']);
});

it('knows whether an image is still needed', async () => {
  const image = { sha256: shaOf('shared-image'), format: 'png', width: 8, height: 8, bytes: 99 } as const;
  const needed = async () =>
    (await new StoredFileStore(database).needed([image.sha256], [])).has(image.sha256);
  await store.create(prediction('shares-1', { image }));
  await store.create(prediction('shares-2', { image }));
  await expect(store.delete('shares-1')).resolves.toBe(true);
  await expect(needed()).resolves.toBe(true);
  await store.delete('shares-2');
  await expect(needed()).resolves.toBe(false);
  await expect(store.delete('shares-2')).resolves.toBe(false);
});

describe('beside many predictions that wait', () => {
  let alone: TestDatabase;
  let busy: Database;

  beforeAll(async () => {
    alone = await createDatabase();
    busy = openDatabase(alone.url, { max: 1, name: 'test', log: quiet });
  });

  afterAll(async () => {
    await busy.close();
    await alone.drop();
  });

  const reads = async () => {
    await busy.query('SELECT pg_stat_force_next_flush()');
    const rows = await busy.query<{ seq: number; unfinished: number }>(`
      SELECT seq_scan::int AS seq, idx_scan_of.count AS unfinished FROM pg_stat_user_tables,
        LATERAL (SELECT idx_scan::int AS count FROM pg_stat_user_indexes
                 WHERE indexrelname = 'predictions_unfinished') AS idx_scan_of
      WHERE relname = 'predictions'`);
    return rows[0];
  };

  it('finds rows by their ids alone, even by plans that were made while the table was empty', async () => {
    const few = new PredictionStore(busy);
    // More often than PostgreSQL looks at the values before it settles on one plan.
    for (let time = 0; time < 8; time++) {
      const id = `early-${time}`;
      await few.create(prediction(id));
      await few.claim(id, 'w1');
      await few.finish(success(id));
      await few.get(id);
    }
    await few.end(['nobody'], 'canceled', 500, 'nobody waits');
    const before = await reads();
    await few.create(prediction('later'));
    await few.claim('later', 'w1');
    await few.release(['later']);
    await few.finish(success('later'));
    await few.end(['later'], 'canceled', 500, 'too late');
    expect((await few.get('later'))?.status).toBe('succeeded');
    expect(await reads()).toEqual(before);
    await few.close();
  });
});
