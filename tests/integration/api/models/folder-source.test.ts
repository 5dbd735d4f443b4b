/** Folders under MODELS_DIR as a source of versions, looked at as the maintenance does. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderSource } from '@scry/api/models/folder-source';
import { VersionService } from '@scry/api/models/version-service';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { LocalBlobs } from '@scry/shared/storage/local-blobs';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

const MANIFEST = {
  task: 'classification',
  file: 'model.onnx',
  labels: ['a', 'b'],
  output: { format: 'logits' },
};
/** Longer than a folder must stay as it is. */
const SETTLED_MS = 1100;

let root: string;
let directory: string;
let testDatabase: TestDatabase;
let database: Database;
let store: ModelVersionStore;
let blobs: LocalBlobs;
let source: FolderSource;
/** How far the clock of the folders is ahead. */
let elapsedMs = 0;
let checks: string[];

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'scry-folders-'));
  directory = path.join(root, 'models');
  await mkdir(directory);
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 2, name: 'test', log: quiet });
  store = new ModelVersionStore(database);
  blobs = new LocalBlobs(path.join(root, 'blobs'));
  checks = [];
  source = open();
});
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
  await rm(root, { recursive: true, force: true });
});

/** As a process that has just started has it. */
function open(): FolderSource {
  const requestCheck = async ({ name, version }: { name: string; version: string }) => {
    checks.push(`${name}@${version}`);
  };
  const versions = new VersionService({
    ...{ store, blobs, requestCheck, log: quiet },
    endWaiting: async () => {},
  });
  return new FolderSource({
    directory,
    versions,
    store,
    blobs,
    log: quiet,
    now: () => performance.now() + elapsedMs,
  });
}

async function write(
  name: string,
  weights: string,
  manifest: object | string = { ...MANIFEST, name },
): Promise<void> {
  const folder = path.join(directory, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.onnx'), weights);
  await writeFile(
    path.join(folder, 'manifest.json'),
    typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
  );
}

const rows = async () =>
  (await store.list()).map(({ name, version, state }) => `${name}@${version} ${state}`).sort();
const labels = async () =>
  (await store.labels()).map(({ name, label, version }) => `${name}@${label} ${version}`);

async function accept(name: string, version: string): Promise<void> {
  await store.finishCheck(name, version, { ok: true, manifest: { ...MANIFEST, name, version }, notes: [] });
}

/** A look, and another when what changed has settled. */
async function lookTwice(): Promise<void> {
  await source.scan();
  elapsedMs += SETTLED_MS;
  await source.scan();
}

it('folders that are there at the start are versions at once', async () => {
  await write('cats', 'weights', { ...MANIFEST, name: 'cats', version: '3' });
  await write('dogs', 'weights');
  await source.scan();
  expect(await rows()).toEqual(['cats@3 checking', 'dogs@1 checking']);
  expect(checks).toEqual(['cats@3', 'dogs@1']);
  const sha = (await store.get('cats', '3'))?.files[0]?.sha256;
  expect((await blobs.read(`models/${sha}`)).toString()).toBe('weights');
});

it('a folder that is copied in later is a version once it is whole', async () => {
  await source.scan();
  await write('cats', 'half');
  await source.scan();
  await write('cats', 'all of the weights');
  await source.scan();
  expect(await rows()).toEqual([]);
  elapsedMs += SETTLED_MS;
  await source.scan();
  expect(await rows()).toEqual(['cats@1 checking']);
  const [file] = (await store.get('cats', '1'))?.files ?? [];
  expect(file?.bytes).toBe('all of the weights'.length);
});

it('a changed folder is a new version beside the old one, which stays what the name means until it is ready', async () => {
  await write('cats', 'old');
  await source.scan();
  await accept('cats', '1');
  await write('cats', 'new');
  await lookTwice();
  const [, changed = ''] = /cats@(1-[0-9a-f]{6}) checking/.exec((await rows()).join()) ?? [];
  expect(await rows()).toEqual([`cats@1 ready`, `cats@${changed} checking`].sort());
  expect(await labels()).toEqual(['cats@stable 1']);
  await accept('cats', changed);
  expect(await labels()).toEqual([`cats@stable ${changed}`]);
});

it('a bad manifest is a rejected version with the reason, and the old one stays', async () => {
  await write('cats', 'old');
  await source.scan();
  await accept('cats', '1');
  await write('cats', 'old', '{ "name": ');
  await lookTwice();
  expect((await rows()).map((row) => row.replace(/@\S+/, ''))).toEqual(['cats ready', 'cats rejected']);
  expect(await labels()).toEqual(['cats@stable 1']);
  const [rejected] = await store.list({ states: ['rejected'] });
  expect(rejected?.reason).toMatch(/^manifest\.json is not valid JSON/);
});

it('a removed folder retires its versions, and one that comes back is checked again', async () => {
  await write('cats', 'weights');
  await source.scan();
  await accept('cats', '1');
  await rm(path.join(directory, 'cats'), { recursive: true });
  await source.scan();
  expect(await rows()).toEqual(['cats@1 retired']);
  await write('cats', 'weights');
  await lookTwice();
  expect(await rows()).toEqual(['cats@1 checking']);
});

it('what somebody retired, rolled back or pushed from elsewhere stays so', async () => {
  await write('cats', 'old');
  await source.scan();
  await accept('cats', '1');
  await store.retire('cats', '1', 'It was retired by request.');
  source = open();
  await source.scan();
  expect(await rows()).toEqual(['cats@1 retired']);
});

it('after a restart nothing is copied or checked again', async () => {
  await write('cats', 'weights');
  await source.scan();
  await accept('cats', '1');
  checks.length = 0;
  const sha = (await store.get('cats', '1'))?.files[0]?.sha256 ?? '';
  const blob = path.join(root, 'blobs', 'models', sha);
  await cp(blob, `${blob}.before`, { preserveTimestamps: true });
  source = open();
  await source.scan();
  expect(await rows()).toEqual(['cats@1 ready']);
  expect(checks).toEqual([]);
  expect(await readFile(blob, 'utf8')).toBe('weights');
});

it('files that storage has lost are taken from the folder again', async () => {
  await write('cats', 'weights');
  await source.scan();
  await accept('cats', '1');
  const key = `models/${(await store.get('cats', '1'))?.files[0]?.sha256}`;
  await blobs.delete(key);
  source = open();
  await source.scan();
  expect((await blobs.read(key)).toString()).toBe('weights');
  expect(await rows()).toEqual(['cats@1 ready']);
});

it('pipes in a folder are passed over', async () => {
  await write('cats', 'weights');
  execFileSync('mkfifo', [path.join(directory, 'cats', 'pipe')]);
  await source.scan();
  expect((await store.get('cats', '1'))?.files.map((file) => file.path)).toEqual(['model.onnx']);
});

it('while MODELS_DIR is missing nothing is retired, and the reason can be told', async () => {
  await write('cats', 'weights');
  await source.scan();
  await accept('cats', '1');
  await rm(directory, { recursive: true });
  await source.scan();
  expect(await rows()).toEqual(['cats@1 ready']);
  expect(await source.problem()).toBe(
    `MODELS_DIR: ${directory} does not exist. Put a folder for each model into it.`,
  );
});
