import { once } from 'node:events';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { MODELS_CHANNEL } from '@scry/shared/database/model-changes';
import { ModelLabelStore } from '@scry/shared/database/model-labels';
import { ModelVersionStore, type NewVersion } from '@scry/shared/database/model-versions';
import pg from 'pg';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

let testDatabase: TestDatabase;
let database: Database;
let store: ModelVersionStore;
let labelStore: ModelLabelStore;

beforeEach(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  store = new ModelVersionStore(database);
  labelStore = new ModelLabelStore(database);
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

/** Adds a version whose files need no storing. */
const add = (made: NewVersion) => store.create(made, async () => {});

const accepted = { ok: true, manifest: { task: 'classification', labels: ['a'] }, notes: [] } as const;

/** A version that is ready, with the label it was made for. */
async function ready(parts: Partial<NewVersion> = {}) {
  const made = version(parts);
  await add(made);
  return store.finishCheck(made.name, made.version ?? '', accepted);
}

/** Which of the files no version has. */
async function unused(sha256s: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  await store.removeUnusedFiles(sha256s, async (sha256) => removed.push(sha256));
  return removed;
}

/** Makes predictions that wait for a version. */
const wait = (named: string, count: number) =>
  database.query(
    `INSERT INTO predictions (id, model, model_version, task, engine, parameters, image_sha256, image_format, image_width,
       image_height, image_bytes)
     SELECT 'p' || n, 'leaves', $1, 'classification', 'onnx', '{}', '\\x00', 'jpeg', 1, 1, 1 FROM generate_series(1, $2::int) n`,
    [named, count],
  );

const labels = async () =>
  (await store.labels('leaves')).map((row) => [row.label, row.version, row.weight, row.previous]);

it('a version begins in checking, and gets its label when it is ready', async () => {
  expect(await add(version())).toMatchObject({ state: 'checking', bytes: 70, notes: [] });
  expect(await labels()).toEqual([]);
  expect(await store.finishCheck('leaves', '1', accepted)).toMatchObject({
    state: 'ready',
    manifest: accepted.manifest,
    checkedAt: expect.any(Date),
  });
  expect(await labels()).toEqual([['stable', '1', 0, null]]);
});

it('a rejected version keeps its reason and gets no label', async () => {
  await add(version());
  expect(await store.finishCheck('leaves', '1', { ok: false, reason: 'truncated' })).toMatchObject({
    state: 'rejected',
    reason: 'truncated',
  });
  expect(await store.finishCheck('leaves', '1', accepted)).toBeNull();
  expect(await labelStore.set('leaves', 'stable', '1', 0)).toEqual({ refused: 'not-ready' });
  expect(await labels()).toEqual([]);
});

it('the same version and the same content are added once', async () => {
  await add(version());
  expect(await add(version({ id: 'c'.repeat(64) }))).toBeNull();
  expect(await add(version({ version: '2' }))).toBeNull();
  expect(await store.byContent('leaves', 'a'.repeat(64))).toMatchObject({ version: '1' });
});

it('of many that add the same content at once, one does', async () => {
  const added = await Promise.all(Array.from({ length: 8 }, () => add(version())));
  expect(added.filter((row) => row !== null)).toHaveLength(1);
});

it('a label moves to a new version, remembers the old one, and rolls back to it', async () => {
  await ready();
  await ready({ version: '2', id: 'c'.repeat(64) });
  expect(await labels()).toEqual([['stable', '2', 0, '1']]);
  expect(await labelStore.rollBack('leaves', 'stable')).toMatchObject({ version: '1', previous: '2' });
  await labelStore.set('leaves', 'canary', '2', 10);
  await labelStore.set('leaves', 'canary', '2', 25);
  expect(await labels()).toEqual([
    ['canary', '2', 25, null],
    ['stable', '1', 0, '2'],
  ]);
});

it('there is no way back to a version that was retired', async () => {
  await ready();
  await ready({ version: '2', id: 'c'.repeat(64) });
  expect(await store.retire('leaves', '1', 'replaced')).toMatchObject({ ended: { state: 'retired' } });
  expect(await labelStore.rollBack('leaves', 'stable')).toBeNull();
});

it('a retired version loses its labels and its pin, and is kept', async () => {
  await ready();
  await store.pin('leaves', '1', true);
  expect(await store.retire('leaves', '1', 'its folder was removed')).toMatchObject({
    ended: { state: 'retired', pinned: false },
  });
  expect(await labels()).toEqual([]);
  expect((await store.list({ name: 'leaves' })).map(({ state }) => state)).toEqual(['retired']);
  expect(await store.list({ states: ['ready'] })).toEqual([]);
});

it('a removed version goes with its labels, and the model with its last version', async () => {
  await ready();
  expect(await unused(['b'.repeat(64)])).toEqual([]);
  expect(await store.remove('leaves', '1')).toMatchObject({ ended: { version: '1' } });
  expect(await store.remove('leaves', '1')).toEqual({ refused: 'not-found' });
  expect([await labels(), await unused(['b'.repeat(64)])]).toEqual([[], ['b'.repeat(64)]]);
  expect(await database.query('SELECT 1 FROM models')).toEqual([]);
});

it('a version that a label points to is neither retired nor removed, as long as there is another one', async () => {
  await ready();
  await ready({ version: '2', id: 'c'.repeat(64) });
  const refused = { refused: 'labelled', labels: ['stable'] };
  expect(await store.retire('leaves', '2', 'old')).toEqual(refused);
  expect(await store.remove('leaves', '2', true)).toEqual(refused);
  expect(await store.retire('leaves', '2', 'old', true)).toMatchObject({ ended: { state: 'retired' } });
  expect(await store.remove('leaves', '1')).toMatchObject({ ended: { version: '1' } });
});

it('a version or model that predictions wait for is removed only by force', async () => {
  await ready();
  await ready({ version: '2', id: 'c'.repeat(64) });
  await wait('1', 3);
  const refused = { refused: 'awaited', predictions: 3 };
  expect(await store.remove('leaves', '1')).toEqual(refused);
  expect(await store.removeModel('leaves')).toEqual(refused);
  expect(await store.remove('leaves', '1', true)).toMatchObject({ ended: { version: '1' } });
  expect(await store.removeModel('leaves', true)).toMatchObject({ removed: [{ version: '2' }] });
  expect(await database.query('SELECT 1 FROM models')).toEqual([]);
});

it('shares of labels are 100 % together at the most, also when two are set at once or a version brings one', async () => {
  for (const [index, id] of ['a', 'c', 'd'].entries())
    await ready({ version: String(index + 1), id: id.repeat(64), label: null });
  const both = await Promise.all(['one', 'two'].map((label) => labelStore.set('leaves', label, '1', 60)));
  expect(both.filter((change) => 'changed' in change)).toHaveLength(1);
  expect(both).toContainEqual({ refused: 'too-much', taken: 60 });
  await ready({ version: '4', id: 'e'.repeat(64), label: { label: 'canary', weight: 70 } });
  expect((await labels()).find(([label]) => label === 'canary')).toEqual(['canary', '4', 40, null]);
});

it('fractions of percent add up to 100', async () => {
  for (const [index, id] of ['a', 'c'].entries())
    await ready({ version: String(index + 1), id: id.repeat(64), label: null });
  for (const [label, weight] of [
    ['one', 0.1],
    ['two', 66.7],
    ['three', 33.2],
  ] as const)
    expect(await labelStore.set('leaves', label, '1', weight)).toMatchObject({ changed: { label, weight } });
  expect(await labelStore.set('leaves', 'four', '1', 0.1)).toMatchObject({ refused: 'too-much' });
  await ready({ version: '3', id: 'd'.repeat(64), label: { label: 'canary', weight: 5 } });
  const [, , weight] = (await labels()).find(([label]) => label === 'canary') ?? [];
  expect(weight).toBeCloseTo(0, 3);
});

it('two promotions at once make one, and no label is called like a version', async () => {
  await ready();
  await ready({ version: 'two', id: 'c'.repeat(64), label: { label: 'canary', weight: 10 } });
  const both = await Promise.all([1, 2].map(() => labelStore.promote('leaves', 'canary')));
  expect(both.filter((change) => change !== null)).toEqual([
    { changed: expect.objectContaining({ label: 'stable', version: 'two', previous: '1' }) },
  ]);
  expect(await labels()).toEqual([['stable', 'two', 0, '1']]);
  expect(await labelStore.set('leaves', 'two', '1', 0)).toEqual({ refused: 'is-version' });
});

it('while a file is stored for a new version, the same file of a removed one stays', async () => {
  const file = 'b'.repeat(64);
  await ready();
  let stored = () => {};
  const storing = new Promise<void>((resolve) => {
    stored = resolve;
  });
  let begun = () => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const adding = store.create(version({ name: 'other', id: 'd'.repeat(64) }), () => {
    begun();
    return storing;
  });
  await beginning;
  await store.remove('leaves', '1');
  const removing = unused([file]);
  const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  while ((await database.query(waiting)).length === 0); // the removal has come to the lock
  stored();
  expect([(await adding)?.name, await removing]).toEqual(['other', []]);
});

it('a version that is added while the last one is removed is there', async () => {
  for (let round = 0; round < 10; round++) {
    const [before, after] = [String(round), String(round + 1)];
    if (round === 0) await add(version({ version: before, id: before.repeat(64) }));
    const [added] = await Promise.all([
      add(version({ version: after, id: after.padStart(64, '0') })),
      store.remove('leaves', before),
    ]);
    expect(added).toMatchObject({ version: after });
    expect((await store.list({ name: 'leaves' })).map((row) => row.version)).toEqual([after]);
  }
});

it('versions without a name are numbered on, also when many come at once', async () => {
  await add(version({ version: 'first', id: 'f'.repeat(64) }));
  const ids = ['1', '2', '3', '4'].map((digit) => digit.repeat(64));
  const added = await Promise.all(ids.map((id) => add(version({ version: null, id }))));
  expect(added.map((row) => row?.version).sort()).toEqual(['1', '2', '3', '4']);
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
    expect(await told(() => add(version()))).toBe('leaves');
    expect(await told(() => store.finishCheck('leaves', '1', accepted))).toBe('leaves');
    expect(await told(() => labelStore.set('leaves', 'canary', '1', 5))).toBe('leaves');
    expect(await told(() => labelStore.remove('leaves', 'canary'))).toBe('leaves');
    expect(await told(() => store.retire('leaves', '1', 'old'))).toBe('leaves');
    expect(await told(() => store.remove('leaves', '1'))).toBe('leaves');
  } finally {
    await client.end();
  }
});
