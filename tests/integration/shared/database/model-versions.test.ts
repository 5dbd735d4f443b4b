import { once } from 'node:events';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { MODELS_CHANNEL, ModelVersionStore, type NewVersion } from '@scry/shared/database/model-versions';
import pg from 'pg';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

let testDatabase: TestDatabase;
let database: Database;
let store: ModelVersionStore;

beforeEach(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  store = new ModelVersionStore(database);
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

const version = (parts: Partial<NewVersion> = {}): NewVersion => ({
  name: 'leaves',
  version: '1',
  id: 'a'.repeat(64),
  manifest: { task: 'classification' },
  files: [{ path: 'model.onnx', sha256: 'b'.repeat(64), bytes: 70 }],
  source: 'upload',
  createdBy: 'key-1',
  label: { label: 'stable', weight: 0 },
  ...parts,
});

const accepted = { ok: true, manifest: { task: 'classification', labels: ['a'] }, notes: [] } as const;

/** A version that is ready, with the label it was made for. */
async function ready(parts: Partial<NewVersion> = {}) {
  const made = version(parts);
  await store.create(made);
  return store.finishCheck(made.name, made.version, accepted);
}

const labels = async () =>
  (await store.labels('leaves')).map((row) => [row.label, row.version, row.weight, row.previous]);

it('a version begins in checking, and gets its label when it is ready', async () => {
  expect(await store.create(version())).toMatchObject({ state: 'checking', bytes: 70, notes: [] });
  expect(await labels()).toEqual([]);
  expect(await store.finishCheck('leaves', '1', accepted)).toMatchObject({
    state: 'ready',
    manifest: accepted.manifest,
    checkedAt: expect.any(Date),
  });
  expect(await labels()).toEqual([['stable', '1', 0, null]]);
});

it('a rejected version keeps its reason and gets no label', async () => {
  await store.create(version());
  expect(await store.finishCheck('leaves', '1', { ok: false, reason: 'truncated' })).toMatchObject({
    state: 'rejected',
    reason: 'truncated',
  });
  expect(await store.finishCheck('leaves', '1', accepted)).toBeNull();
  expect(await store.setLabel('leaves', 'stable', '1', 0)).toBeNull();
  expect(await labels()).toEqual([]);
});

it('the same version and the same content are added once', async () => {
  await store.create(version());
  expect(await store.create(version({ id: 'c'.repeat(64) }))).toBeNull();
  expect(await store.create(version({ version: '2' }))).toBeNull();
  expect(await store.byContent('leaves', 'a'.repeat(64))).toMatchObject({ version: '1' });
});

it('of many that add the same content at once, one does', async () => {
  const added = await Promise.all(Array.from({ length: 8 }, () => store.create(version())));
  expect(added.filter((row) => row !== null)).toHaveLength(1);
});

it('a label moves to a new version, remembers the old one, and rolls back to it', async () => {
  await ready();
  await ready({ version: '2', id: 'c'.repeat(64) });
  expect(await labels()).toEqual([['stable', '2', 0, '1']]);
  expect(await store.rollBack('leaves', 'stable')).toMatchObject({ version: '1', previous: '2' });
  await store.setLabel('leaves', 'canary', '2', 10);
  await store.setLabel('leaves', 'canary', '2', 25);
  expect(await labels()).toEqual([
    ['canary', '2', 25, null],
    ['stable', '1', 0, '2'],
  ]);
});

it('there is no way back to a version that was retired', async () => {
  await ready();
  await ready({ version: '2', id: 'c'.repeat(64) });
  await store.retire('leaves', '1', 'replaced');
  expect(await store.rollBack('leaves', 'stable')).toBeNull();
});

it('a retired version loses its labels and its pin, and is kept', async () => {
  await ready();
  await store.pin('leaves', '1', true);
  expect(await store.retire('leaves', '1', 'its folder was removed')).toMatchObject({
    state: 'retired',
    pinned: false,
  });
  expect(await labels()).toEqual([]);
  expect((await store.list({ name: 'leaves' })).map(({ state }) => state)).toEqual(['retired']);
  expect(await store.list({ states: ['ready'] })).toEqual([]);
});

it('a removed version goes with its labels, and the model with its last version', async () => {
  await ready();
  expect(await store.usesFile('b'.repeat(64))).toBe(true);
  expect(await store.remove('leaves', '1')).toMatchObject({ version: '1' });
  expect(await store.remove('leaves', '1')).toBeNull();
  expect([await labels(), await store.usesFile('b'.repeat(64))]).toEqual([[], false]);
  expect(await database.query('SELECT 1 FROM models')).toEqual([]);
});

it('every change is told with the name of the model', async () => {
  const client = new pg.Client(testDatabase.url);
  await client.connect();
  try {
    await client.query(`LISTEN ${MODELS_CHANNEL}`);
    const told = async (change: () => Promise<unknown>) => {
      const notification = once(client, 'notification');
      await change();
      const [{ payload }] = (await notification) as [pg.Notification];
      return payload;
    };
    expect(await told(() => store.create(version()))).toBe('leaves');
    expect(await told(() => store.finishCheck('leaves', '1', accepted))).toBe('leaves');
    expect(await told(() => store.setLabel('leaves', 'canary', '1', 5))).toBe('leaves');
    expect(await told(() => store.removeLabel('leaves', 'canary'))).toBe('leaves');
    expect(await told(() => store.retire('leaves', '1', 'old'))).toBe('leaves');
    expect(await told(() => store.remove('leaves', '1'))).toBe('leaves');
  } finally {
    await client.end();
  }
});
