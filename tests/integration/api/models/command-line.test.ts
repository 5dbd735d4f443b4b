/** `npm run models` against a running API: what it sends, shows and ends with. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { quiet } from '../../../helpers/services.js';
import { REPO } from '../../../helpers/system.js';

const COMMAND = path.join(REPO, 'api/dist/models/cli/main.js');
const MANIFEST = { name: 'leaves', task: 'classification', file: 'net.onnx', labels: ['oak', 'elm'] };

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await startApp();
  folder = await mkdtemp(path.join(tmpdir(), 'scry-models-'));
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function models(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const settings = {
    SCRY_URL: app.url,
    DATA_DIR: app.dataDir,
    DATABASE_URL: app.services.config.DATABASE_URL,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { env: { ...settings, ...env } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

/** Ends a check as a worker would. */
async function accept(name: string, version: string): Promise<void> {
  const { DATABASE_URL } = app.services.config;
  const database = openDatabase(DATABASE_URL, { max: 1, name: 'test', log: quiet });
  await new ModelVersionStore(database).finishCheck(name, version, {
    ok: true,
    manifest: { ...MANIFEST, engine: 'onnx', version, output: { format: 'probabilities' } },
    notes: [],
  });
  await database.close();
}

async function modelFolder(weights: string): Promise<string> {
  const made = path.join(folder, weights);
  await mkdir(path.join(made, 'more'), { recursive: true });
  await writeFile(path.join(made, 'manifest.json'), JSON.stringify(MANIFEST));
  await writeFile(path.join(made, 'net.onnx'), weights);
  await writeFile(path.join(made, 'more/notes.txt'), 'notes');
  await writeFile(path.join(made, '.DS_Store'), 'nothing of the model');
  return made;
}

it('makes a key of its own on this machine, which its owner alone can read', async () => {
  expect(await models(['list'])).toMatchObject({ code: 0, err: '' });
  const file = path.join(app.dataDir, 'command-line-key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const key = await readFile(file, 'utf8');
  await models(['list']);
  expect(await readFile(file, 'utf8')).toBe(key);
  expect((await app.services.keys.list()).find(({ name }) => name === 'npm run models')?.scopes).toEqual([
    'models:write',
    'read',
  ]);
});

it('pushes folders as versions, labels, promotes, rolls back, retires, exports and removes them', async () => {
  expect(await models(['push', await modelFolder('one'), '--version', '1', '--no-wait'])).toMatchObject({
    code: 0,
    out: 'leaves@1 is checking.\n',
  });
  await accept('leaves', '1');
  const canary = ['--version', '2', '--label', 'canary', '--weight', '10'];
  await models(['push', await modelFolder('two'), ...canary, '--no-wait']);
  await accept('leaves', '2');
  await app.services.models.refresh();
  const { prediction_id } = await predict(app, await jpeg(1), { model: 'leaves@2' });
  await app.services.predictions.finish({ ...finish(prediction_id, CAT), modelVersion: '2' });
  const shown = await models(['show', 'leaves']);
  expect(shown.out).toMatch(/^VERSION +LABELS +ANSWERED +FAILED +WAIT +INFERENCE +TOTAL +REPORTED WRONG$/m);
  expect(shown.out).toMatch(/^2 +canary +1 +0 +.*4\.0 ms \/ 4\.0 ms .* 0 \(0\.0 %\)$/m);
  expect(shown.out).toMatch(/^leaves +2 +ready +canary 10 %/m);
  expect(shown.out).toMatch(/^leaves +1 +ready +stable/m);
  const one = await models(['show', 'leaves@canary']);
  expect(one.out).toContain('more/notes.txt');
  expect(one.out).not.toContain('.DS_Store');
  expect((await models(['promote', 'leaves'])).out).toBe('leaves@stable is version 2 (before: 1).\n');
  expect((await models(['rollback', 'leaves'])).out).toContain('leaves@stable is version 1');
  expect((await models(['label', 'leaves', 'trial', '2', '--weight', '5'])).out).toContain('with 5 %');
  expect((await models(['unlabel', 'leaves@trial'])).out).toContain('"trial" of leaves is removed');
  expect((await models(['push', path.join(folder, 'nowhere')])).err).toMatch(
    /^There is no file or folder ".*nowhere"\.\n$/,
  );
  const zip = path.join(folder, 'out.zip');
  expect((await models(['export', 'leaves@2', zip])).code).toBe(0);
  expect((await stat(zip)).size).toBeGreaterThan(300);
  expect((await models(['export', 'leaves', '2', zip])).code).toBe(1); // it overwrites nothing
  expect((await models(['retire', 'leaves', '1'])).err).toContain('is what the label "stable" points to');
  await models(['label', 'leaves', 'stable', '2']);
  expect((await models(['retire', 'leaves', '1'])).code).toBe(0);
  expect((await models(['rm', 'leaves', '1'])).code).toBe(0);
  expect((await models(['show', 'leaves', '1'])).code).toBe(1);
  expect(await models(['rm', 'leaves', '--all'])).toMatchObject({ code: 0, out: 'leaves is removed.\n' });
  expect((await models(['show', 'leaves'])).err).toContain('There is no model "leaves"');
});

it('sends what a model.json needs beside it', async () => {
  const graph = { format: 'graph-model', weightsManifest: [{ paths: ['shard1.bin', 'shard2.bin'] }] };
  await writeFile(path.join(folder, 'model.json'), JSON.stringify(graph));
  for (const name of ['shard1.bin', 'shard2.bin']) await writeFile(path.join(folder, name), name);
  const pushed = ['push', path.join(folder, 'model.json'), '--name', 'graph', '--version', '1', '--no-wait'];
  expect(await models(pushed)).toMatchObject({ code: 0, err: '' });
  const version = await (await app.fetch('/v1/models/graph/versions/1')).json();
  const paths = (version as { files: { path: string }[] }).files.map((file) => file.path);
  expect(paths.sort()).toEqual(['model.json', 'shard1.bin', 'shard2.bin']);
});

it('pulls nothing when nobody can agree to the license', async () => {
  const refused = await models(['pull', 'coco-objects']);
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
  expect(refused.out).toContain('License:  MIT');
  expect(await (await app.fetch('/v1/catalogue/coco-objects')).json()).toMatchObject({ state: 'available' });
});

it('says in a sentence what is wrong, and how it is used', async () => {
  expect(await models(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('push FILE') });
  expect(await models(['fetch'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('no command "fetch"'),
  });
  expect(await models(['rm', 'leaves'])).toMatchObject({ code: 2 });
  expect(await models(['list'], { SCRY_KEY: 'wrong' })).toMatchObject({ code: 1 });
  const elsewhere = { SCRY_URL: 'http://192.0.2.1:8080' };
  expect(await models(['list'], elsewhere)).toMatchObject({
    code: 1,
    err: expect.stringContaining('SCRY_KEY'),
  });
  const silent = { SCRY_URL: 'http://127.0.0.1:9', SCRY_KEY: 'x' };
  expect(await models(['list'], silent)).toMatchObject({
    code: 1,
    err: expect.stringContaining('does not answer'),
  });
});
