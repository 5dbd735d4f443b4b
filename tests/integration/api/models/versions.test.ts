/** Versions and labels of models over HTTP; what a worker's check finds is written here. */

import type { LabelView, ListedVersion, VersionView } from '@scry/shared/contracts/version';
import { openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { unzipSync, zipSync } from 'fflate';
import {
  CAT,
  finish,
  form,
  jpeg,
  makeKey,
  predict,
  startApp,
  type TestApp,
  withKey,
} from '../../../helpers/app.js';
import { onnxFile } from '../../../helpers/onnx-file.js';
import { quiet } from '../../../helpers/services.js';

let app: TestApp;
let store: ModelVersionStore;
let closeStore: () => Promise<void>;

beforeAll(async () => {
  app = await startApp({ MAX_MODEL_BYTES: '100000' });
  const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
  store = new ModelVersionStore(database);
  closeStore = () => database.close();
});
afterAll(async () => {
  await closeStore();
  await app.close();
});

const text = (content: string) => new Uint8Array(Buffer.from(content));

/** A model file that differs for every seed. */
const weights = (seed: number) =>
  onnxFile({
    inputs: [{ name: 'image', dims: ['n', 3, 4, 4] }],
    nodes: [
      { op: 'ReduceMean', inputs: ['image'], outputs: ['scores'], attributes: { axes: [2, 3], keepdims: 0 } },
    ],
    outputs: [{ name: 'scores', dims: ['n', 3] }],
    constants: { seed: { dims: [1], data: [seed] } },
  });

const MANIFEST = {
  task: 'classification',
  engine: 'onnx',
  file: 'model.onnx',
  labels: ['red', 'green', 'blue'],
  output: { format: 'probabilities' },
};

interface Push {
  readonly file?: Uint8Array;
  readonly fileName?: string;
  readonly fields?: Record<string, string>;
}

function send({ file = weights(1), fileName = 'model.onnx', fields = {} }: Push): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ manifest: JSON.stringify(MANIFEST), ...fields }))
    body.set(name, value);
  body.set('file', new Blob([new Uint8Array(file)]), fileName);
  return app.fetchAsAdmin('/v1/models', { method: 'POST', body });
}

async function push(request: Push): Promise<VersionView> {
  const response = await send(request);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as VersionView;
}

/** Ends a version's check as a worker would. */
async function accept(name: string, version: string): Promise<void> {
  const manifest = { ...MANIFEST, name, version };
  await store.finishCheck(name, version, { ok: true, manifest, notes: [] });
  await app.services.models.refresh();
}

async function pushReady(name: string, seed: number, fields: Record<string, string> = {}): Promise<string> {
  const { version } = await push({ file: weights(seed), fields: { name, ...fields } });
  await accept(name, version);
  return version;
}

async function predictWith(model: string, id = '') {
  const fields = { model, ...(id && { prediction_id: id }) };
  const response = await app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(1), fields) });
  return {
    status: response.status,
    body: await response.json(),
    retryAfter: response.headers.get('retry-after'),
  };
}

const call = async (method: string, where: string, body?: object) => {
  const headers = { 'Content-Type': 'application/json' };
  const response = await app.fetchAsAdmin(where, {
    method,
    ...(body && { body: JSON.stringify(body), headers }),
  });
  return { status: response.status, body: response.status === 204 ? null : await response.json() };
};

const labelsOf = async (name: string) => {
  const { body } = await call('GET', `/v1/models/${name}/labels`);
  return (body as { items: LabelView[] }).items.map(({ label, version, weight }) => [label, version, weight]);
};

it('a pushed file is a version that is checked, then ready, and means the name', async () => {
  const pushed = await push({ fields: { name: 'leaves' } });
  expect(pushed).toMatchObject({
    model: 'leaves',
    version: '1',
    state: 'checking',
    source: 'upload',
    labels: [],
  });
  const early = await predictWith('leaves');
  expect([early.status, early.retryAfter]).toEqual([503, '2']);
  expect(early.body).toMatchObject({ detail: 'leaves@1 is being checked. Send it again.' });
  await accept('leaves', '1');
  expect((await predictWith('leaves')).body).toMatchObject({
    model: { name: 'leaves', version: '1', label: 'stable' },
  });
  expect((await predictWith('leaves@1')).body).toMatchObject({ model: { version: '1', label: null } });
  const { body } = await call('GET', '/v1/models/leaves/versions/1');
  expect(body).toMatchObject({
    state: 'ready',
    labels: ['stable'],
    task: 'classification',
    files: [{ path: 'model.onnx' }],
  });
});

it('the same content is the same version, whatever it is called', async () => {
  const before = await pushReady('twice', 2);
  const again = await send({ file: weights(2), fields: { name: 'twice', version: 'other' } });
  expect(again.status).toBe(200);
  expect(await again.json()).toMatchObject({ version: before, state: 'ready' });
  const both = await Promise.all([1, 2].map(() => push({ file: weights(3), fields: { name: 'twice' } })));
  expect(new Set(both.map(({ version }) => version)).size).toBe(1);
});

it('a version never changes: other content needs another name', async () => {
  await pushReady('fixed', 4, { version: '2024' });
  const taken = await send({ file: weights(5), fields: { name: 'fixed', version: '2024' } });
  expect(taken.status).toBe(409);
  expect(await taken.json()).toMatchObject({ type: '/problems/version-taken' });
});

it('a zip of a model folder brings its manifest and all its files', async () => {
  const folder = {
    'manifest.json': text(
      JSON.stringify({ ...MANIFEST, name: 'zipped', version: '7', labels: 'labels.txt' }),
    ),
    'labels.txt': text('red\ngreen\nblue\n'),
    'model.onnx': new Uint8Array(weights(6)),
  };
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(zipSync({ zipped: folder }))]), 'zipped.zip');
  const response = await app.fetchAsAdmin('/v1/models', { method: 'POST', body });
  expect(response.status).toBe(202);
  const version = (await response.json()) as VersionView;
  expect(version).toMatchObject({ model: 'zipped', version: '7', manifest: { labels: 'labels.txt' } });
  expect(version.files.map(({ path }) => path).sort()).toEqual(['labels.txt', 'model.onnx']);
});

it.each([
  ['no file', { file: undefined }, 400, /file: is missing/],
  [
    'a manifest that is no JSON',
    { fields: { name: 'bad', manifest: '{' } },
    400,
    /manifest: is not valid JSON/,
  ],
  ['a name that is none', { fields: { name: 'Bad Name' } }, 400, /name: must be lower-case/],
  [
    'a zip that leads out of its folder',
    { file: zipSync({ '../evil': text('x') }), fileName: 'm.zip' },
    400,
    /zip/,
  ],
  ['more bytes than allowed', { file: new Uint8Array(200_000) }, 413, /more than 100000 bytes/],
])('%s is refused in a sentence', async (_, request, status, sentence) => {
  const body = new FormData();
  const { file, fileName = 'model.onnx', fields = {} } = { file: weights(9), ...request } as Push;
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  if (file) body.set('file', new Blob([new Uint8Array(file)]), fileName);
  else body.set('name', 'empty');
  const response = await app.fetchAsAdmin('/v1/models', { method: 'POST', body });
  expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
    status,
    expect.stringMatching(sentence),
  ]);
});

it('a rejected version says why, and the old one goes on answering', async () => {
  await pushReady('steady', 10);
  const { version } = await push({ file: weights(11), fields: { name: 'steady' } });
  await store.finishCheck('steady', version, { ok: false, reason: 'model.onnx is cut off' });
  await app.services.models.refresh();
  expect((await predictWith('steady')).body).toMatchObject({ model: { version: '1' } });
  expect((await predictWith(`steady@${version}`)).body).toMatchObject({
    detail: `steady@${version} was rejected: model.onnx is cut off`,
  });
  const { body } = await call('GET', '/v1/models');
  expect((body as { problems: object[] }).problems).toContainEqual({
    name: 'steady',
    version,
    state: 'rejected',
    message: 'model.onnx is cut off',
  });
});

it('a canary gets its share by the ids of predictions, and is promoted and rolled back in one call each', async () => {
  await pushReady('shared', 12);
  await pushReady('shared', 13, { label: 'canary', weight: '30' });
  expect(await labelsOf('shared')).toEqual([
    ['canary', '2', 30],
    ['stable', '1', 0],
  ]);
  const ids = Array.from({ length: 60 }, (_, index) => `share-of-${index}-${index * 7919}`);
  const answers = await Promise.all(ids.map((id) => predictWith('shared', id)));
  const chosen = answers.map(({ body }) => (body as { model: { version: string; label: string } }).model);
  const canaries = chosen.filter(({ label }) => label === 'canary').length;
  expect(canaries).toBeGreaterThan(60 * 0.1);
  expect(canaries).toBeLessThan(60 * 0.5);
  for (const { label, version } of chosen) expect(version).toBe(label === 'canary' ? '2' : '1');
  expect((await predictWith('shared@canary')).body).toMatchObject({
    model: { version: '2', label: 'canary' },
  });

  expect(await call('POST', '/v1/models/shared/labels/canary/promote')).toMatchObject({
    status: 200,
    body: { label: 'stable', version: '2', previous: '1' },
  });
  expect(await labelsOf('shared')).toEqual([['stable', '2', 0]]);
  expect(await call('POST', '/v1/models/shared/labels/stable/rollback')).toMatchObject({
    body: { version: '1' },
  });
  expect(await labelsOf('shared')).toEqual([['stable', '1', 0]]);
});

it('versions are listed with how each did lately, side by side', async () => {
  await pushReady('compared', 30);
  await pushReady('compared', 31, { label: 'none' });
  await pushReady('compared', 32, { label: 'none' });
  for (const [seed, version, inferenceMs] of [
    [1, '1', 5],
    [2, '1', 15],
    [3, '2', 50],
  ] as const) {
    const { prediction_id } = await predict(app, await jpeg(seed), { model: `compared@${version}` });
    await app.services.predictions.finish({
      ...finish(prediction_id, CAT),
      ...{ modelVersion: version, inferenceMs },
    });
    if (version === '2') await app.services.feedback.record(prediction_id, { label: 'dog' });
  }
  const { body } = await call('GET', '/v1/models/compared/versions');
  const figures = (body as { items: ListedVersion[] }).items.map(({ version, statistics }) => [
    ...[version, statistics?.succeeded, statistics?.inference.median_ms, statistics?.reported_wrong_share],
  ]);
  expect(figures).toEqual([
    ['3', undefined, undefined, undefined],
    ['2', 1, 50, 1],
    ['1', 2, 10, 0],
  ]);
});

it('a prediction that is sent again is the same one, whatever its label points to by then', async () => {
  await pushReady('repeated', 14);
  const put = async () => {
    const body = form(await jpeg(2), { model: 'repeated' });
    return app.fetch('/v1/predictions/repeated-id-1', { method: 'PUT', body });
  };
  expect((await put()).status).toBe(202);
  await pushReady('repeated', 15);
  const again = await put();
  expect(again.ok).toBe(true);
  expect(await again.json()).toMatchObject({ model: { version: '1' } });
});

it('what a label points to is not retired or removed; anything else is, with its files', async () => {
  await pushReady('ending', 16);
  const second = await pushReady('ending', 17);
  const sha = (await store.get('ending', '1'))?.files[0]?.sha256;
  expect(await call('POST', `/v1/models/ending/versions/${second}/retire`)).toMatchObject({ status: 409 });
  expect(await call('POST', '/v1/models/ending/versions/1/retire')).toMatchObject({
    body: { state: 'retired' },
  });
  await app.services.models.refresh();
  expect((await predictWith('ending@1')).status).toBe(404);
  expect(await call('DELETE', '/v1/models/ending/versions/1')).toMatchObject({ status: 200 });
  expect(await call('GET', '/v1/models/ending/versions/1')).toMatchObject({ status: 404 });
  expect(await app.services.blobs.stat(`models/${sha}`)).toBeNull();
});

it('a version that predictions wait for is removed only by force, and they then say why', async () => {
  await pushReady('awaited', 40);
  await pushReady('awaited', 41);
  const { prediction_id } = await predict(app, await jpeg(3), { model: 'awaited@1' });
  expect(await call('DELETE', '/v1/models/awaited/versions/1')).toMatchObject({
    status: 409,
    body: {
      type: '/problems/version-in-use',
      detail: expect.stringMatching(/^One prediction waits .* force=true/),
    },
  });
  expect((await call('DELETE', '/v1/models/awaited')).status).toBe(409);
  expect((await call('DELETE', '/v1/models/awaited/versions/1?force=maybe')).status).toBe(400);
  expect((await call('DELETE', '/v1/models/awaited/versions/1?force=true')).status).toBe(200);
  expect(await (await app.fetch(`/v1/predictions/${prediction_id}`)).json()).toMatchObject({
    status: 'failed',
    error: { code: 560, message: expect.stringContaining('"awaited@1" was removed') },
  });
});

it('a model goes with all its versions, labels and files', async () => {
  await pushReady('leaving', 42);
  await pushReady('leaving', 43, { label: 'canary', weight: '10' });
  const sha = (await store.get('leaving', '2'))?.files[0]?.sha256;
  expect((await call('DELETE', '/v1/models/leaving')).status).toBe(204);
  expect((await call('DELETE', '/v1/models/leaving')).status).toBe(404);
  expect((await call('GET', '/v1/models/leaving/versions')).status).toBe(404);
  expect(await labelsOf('leaving')).toEqual([]);
  expect(await app.services.blobs.stat(`models/${sha}`)).toBeNull();
});

it('what would make a name mean nothing, or two things, is refused in a sentence', async () => {
  await pushReady('strict', 44);
  await pushReady('strict', 45, { label: 'trial', weight: '60' });
  const stable = await call('DELETE', '/v1/models/strict/labels/stable');
  expect([stable.status, (stable.body as { detail: string }).detail]).toEqual([
    409,
    expect.stringContaining('is what the name "strict" alone means'),
  ]);
  for (const [fields, sentence] of [
    [{ version: 'stable' }, /"stable" is the name of a label/],
    [{ version: 'trial' }, /"trial" is the name of a label of this model/],
    [{ version: 'a@b' }, /version/],
    [{ version: '../2' }, /version/],
    [{ label: 'canary', weight: '50' }, /others have 60 % already/],
    [{ name: 'blätter' }, /name: must be lower-case/],
  ] as const) {
    const response = await send({ file: weights(46), fields: { name: 'strict', ...fields } });
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringMatching(sentence),
    ]);
  }
  const sets = [
    ['canary', { version: '1', weight: 41 }],
    ['2', { version: '1' }],
    ['canary', { version: '9' }],
  ] as const;
  const answers = [];
  for (const [label, body] of sets)
    answers.push((await call('PUT', `/v1/models/strict/labels/${label}`, body)).status);
  expect(answers).toEqual([400, 400, 404]);
});

it('files that cannot lie in one folder together, or for which there is no room, are refused in a sentence', async () => {
  const zip = (files: Record<string, Uint8Array>) => send({ file: zipSync(files), fileName: 'm.zip' });
  const asFolder = await zip({ 'model.onnx': weights(1), 'model.onnx/more.txt': text('x') });
  expect([asFolder.status, await asFolder.json()]).toEqual([
    400,
    expect.objectContaining({ detail: 'file: "model.onnx" is a file and a folder.' }),
  ]);
  const body = new FormData();
  body.set('manifest', JSON.stringify(MANIFEST));
  for (const seed of [1, 2]) body.append('file', new Blob([new Uint8Array(weights(seed))]), 'model.onnx');
  const twice = await app.fetchAsAdmin('/v1/models', { method: 'POST', body });
  expect(await twice.json()).toMatchObject({ status: 400, detail: 'file: "model.onnx" came twice.' });

  const small = await startApp({ DISK_RESERVE_BYTES: String(2 ** 50) });
  try {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(weights(1))]), 'model.onnx');
    const full = await small.fetchAsAdmin('/v1/models', { method: 'POST', body: form });
    expect([full.status, await full.json()]).toEqual([
      507,
      expect.objectContaining({ type: '/problems/storage-full' }),
    ]);
  } finally {
    await small.close();
  }
});

it('a folder of many files is one version, twice at once and again after it was removed', async () => {
  const shards = Array.from(
    { length: 100 },
    (_, index) => [`shards/${index}.bin`, text(`${index}`)] as const,
  );
  const folder = zipSync({ 'model.onnx': new Uint8Array(weights(50)), ...Object.fromEntries(shards) });
  const pushFolder = () => push({ file: folder, fileName: 'many.zip' });
  const both = await Promise.all([pushFolder(), pushFolder()]);
  expect(both.map(({ version, files }) => [version, files.length])).toEqual([
    ['1', 101],
    ['1', 101],
  ]);
  const [again] = await Promise.all([pushFolder(), call('DELETE', '/v1/models/many')]);
  expect(again.files).toHaveLength(101);
  const there = await store.get('many', again.version);
  for (const { sha256 } of there?.files ?? [])
    expect(await app.services.blobs.stat(`models/${sha256}`)).not.toBeNull();
});

it('a name that is taken says what to do, "auto" takes the next number, and a rejected version is checked again', async () => {
  await pushReady('named', 47, { version: '7' });
  const taken = await send({ file: weights(48), fields: { name: 'named', version: '7' } });
  expect(await taken.json()).toMatchObject({
    status: 409,
    detail: expect.stringContaining('"auto" as its version'),
  });
  const manifest = JSON.stringify({ ...MANIFEST, version: '7' });
  const pushed = await push({ file: weights(48), fields: { name: 'named', version: 'auto', manifest } });
  expect(pushed.version).toBe('8');
  await store.finishCheck('named', '8', { ok: false, reason: 'loading it took too long' });
  const again = await push({
    file: weights(48),
    fields: { name: 'named', manifest: JSON.stringify(MANIFEST) },
  });
  expect(again).toMatchObject({ version: '8', state: 'checking', reason: null });
});

it('an export is a folder that can be pushed again', async () => {
  await pushReady('exported', 18);
  const response = await app.fetchAsAdmin('/v1/models/exported/versions/1/file');
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  expect(Object.keys(files).sort()).toEqual(['exported/manifest.json', 'exported/model.onnx']);
  expect(Buffer.from(files['exported/model.onnx'] ?? [])).toEqual(Buffer.from(weights(18)));
  expect(JSON.parse(Buffer.from(files['exported/manifest.json'] ?? []).toString())).toMatchObject({
    version: '1',
  });
});

it('changing models needs a key with models:write', async () => {
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(weights(19))]), 'model.onnx');
  expect((await app.fetch('/v1/models', { method: 'POST', body })).status).toBe(401);
  const headers = withKey(await makeKey(app, 'predict'));
  expect((await app.fetch('/v1/models/leaves/versions/1/retire', { method: 'POST', headers })).status).toBe(
    403,
  );
});

it('names that do not exist are refused with those that do', async () => {
  expect((await predictWith('nobody')).body).toMatchObject({
    detail: expect.stringContaining('There is no model "nobody". There are:'),
  });
  expect((await predictWith('leaves@99')).body).toMatchObject({
    detail: expect.stringMatching(/has no version or label "99" .* leaves@stable, leaves@1/),
  });
  expect(await predictWith('leaves@a@b')).toMatchObject({ status: 400 });
});

it('an export whose file is gone is broken off, and the API goes on', async () => {
  await pushReady('damaged', 77);
  const [version] = await app.services.versions.list('damaged');
  for (const { sha256 } of version?.files ?? []) await app.services.blobs.delete(`models/${sha256}`);
  const whole = app.fetchAsAdmin('/v1/models/damaged/versions/1/file').then(async (response) => {
    if (!response.ok) throw new Error(String(response.status));
    return response.arrayBuffer();
  });
  await expect(whole).rejects.toThrow();
  expect((await app.fetch('/healthz')).status).toBe(200);
});
