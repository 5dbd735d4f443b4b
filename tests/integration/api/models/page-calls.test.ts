/** What the page asks of models beside their versions: revisions, samples, answers, and the image as a model is shown it. */
import type { ModelView } from '@scry/shared/contracts/model';
import type { Outcome } from '@scry/shared/contracts/prediction';
import type { VersionView } from '@scry/shared/contracts/version';
import type { VersionAnswers } from '@scry/shared/contracts/version-answers';
import { openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import sharp from 'sharp';
import { finish, jpeg, makeKey, predict, startApp, type TestApp, withKey } from '../../../helpers/app.js';
import { quiet } from '../../../helpers/services.js';

let app: TestApp;
let store: ModelVersionStore;
let closeStore: () => Promise<void>;

beforeAll(async () => {
  app = await startApp();
  const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
  store = new ModelVersionStore(database);
  closeStore = () => database.close();
});
afterAll(async () => {
  await closeStore();
  await app.close();
});

const MANIFEST = { task: 'classification', labels: ['red', 'green'], output: { format: 'probabilities' } };

async function push(name: string, file: string, manifest: object = MANIFEST): Promise<VersionView> {
  const body = new FormData();
  for (const [field, text] of Object.entries({ name, label: 'none', manifest: JSON.stringify(manifest) }))
    body.set(field, text);
  body.set('file', new Blob([file]), 'model.onnx');
  const response = await app.fetchAsAdmin('/v1/models', { method: 'POST', body });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as VersionView;
}

async function revise(name: string, version: string, manifest: unknown) {
  const response = await app.fetchAsAdmin(`/v1/models/${name}/versions/${version}/revise`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ manifest }),
  });
  return { status: response.status, body: (await response.json()) as VersionView };
}

describe('a revision', () => {
  it('is a version of the same files with another manifest, checked and without a label', async () => {
    const first = await push('leaves', 'a');
    const changed = await revise('leaves', '1', { labels: ['oak', 'elm'], output: { threshold: 0.4 } });
    expect(changed.status).toBe(202);
    expect(changed.body).toMatchObject({
      version: '2',
      state: 'checking',
      labels: [],
      files: first.files,
      manifest: {
        task: 'classification',
        labels: ['oak', 'elm'],
        output: { format: 'probabilities', threshold: 0.4 },
      },
    });
  });

  it('of a rejected version is checked again, and the same one is made once', async () => {
    await push('rejected', 'b');
    await store.finishCheck('rejected', '1', { ok: false, reason: 'labels: there are 3 classes' });
    const changes = { labels: ['a', 'b', 'c'] };
    expect((await revise('rejected', '1', changes)).body).toMatchObject({ version: '2', state: 'checking' });
    expect(await revise('rejected', '1', changes)).toMatchObject({ status: 200, body: { version: '2' } });
  });

  it('is refused without the scope, of what is not there, and where it is no manifest', async () => {
    await push('kept', 'c');
    const headers = withKey(await makeKey(app, 'predict', 'read'));
    const refused = await app.fetch('/v1/models/kept/versions/1/revise', { method: 'POST', headers });
    expect(refused.status).toBe(403);
    expect((await revise('kept', '9', {})).status).toBe(404);
    expect((await revise('kept', '1', 'text')).status).toBe(400);
  });
});

describe('display fields of a manifest', () => {
  it('are shown, and its samples are sent as what they are', async () => {
    const model = (await (await app.fetch('/v1/models/blood-cells')).json()) as ModelView;
    expect(model).toMatchObject({
      title: 'Blood cells',
      samples: ['/v1/models/blood-cells/samples/0'],
      colors: { RBC: '#c0392b' },
    });
    const response = await app.fetch(model.samples[0] as string);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await sharp(Buffer.from(await response.arrayBuffer())).metadata()).format).toBe('jpeg');
  });

  it('may name what is no image or not there, which is not sent', async () => {
    const body = new FormData();
    body.set('name', 'liar');
    body.append('file', new Blob(['weights']), 'model.onnx');
    body.append('file', new Blob(['<svg onload="alert(1)">']), 'drawn.png');
    await app.fetchAsAdmin('/v1/models', { method: 'POST', body });
    const given = { ...MANIFEST, name: 'liar', file: 'model.onnx', samples: ['no.png', 'drawn.png'] };
    await store.finishCheck('liar', '1', { ok: true, manifest: given, notes: [] });
    await app.services.models.refresh();
    expect((await (await app.fetch('/v1/models/liar')).json()) as ModelView).toMatchObject({
      title: 'liar',
      samples: ['/v1/models/liar/samples/0'],
    });
    expect((await app.fetch('/v1/models/liar/samples/0')).status).toBe(404);
    expect((await app.fetch('/v1/models/nobody/samples/0')).status).toBe(404);
  });
});

describe('what a version answered', () => {
  const answer = (class_name: string, confidence: number): Outcome => ({
    status: 'succeeded',
    output: {
      predictions: [
        { class_index: 0, class_name, confidence },
        { class_index: 1, class_name: 'other', confidence: 0.01 },
      ],
    },
  });

  it('is counted by class and by confidence, the strongest answer of a classifier alone', async () => {
    const outcomes = [answer('cat', 0.95), answer('cat', 1), answer('dog', 0.42)];
    const failed: Outcome = { status: 'failed', error: { code: 550, message: 'broken' } };
    for (const [seed, outcome] of [...outcomes, failed].entries()) {
      const { prediction_id } = await predict(app, await jpeg(seed + 1), { model: 'everyday-10' });
      await app.services.predictions.finish(finish(prediction_id, outcome));
    }
    const response = await app.fetch('/v1/models/everyday-10/versions/1/answers');
    expect((await response.json()) as VersionAnswers).toEqual({
      model: 'everyday-10',
      version: '1',
      predictions: 3,
      classes: [
        { label: 'cat', count: 2 },
        { label: 'dog', count: 1 },
      ],
      confidences: [0, 0, 0, 0, 1, 0, 0, 0, 0, 2],
    });
  });

  it('counts every object of a detector', async () => {
    const { prediction_id } = await predict(app, await jpeg(9), { model: 'blood-cells' });
    await app.services.predictions.finish(finish(prediction_id, answer('RBC', 0.66)));
    const response = await app.fetch('/v1/models/blood-cells/versions/1/answers');
    expect(await response.json()).toMatchObject({
      classes: [
        { label: 'RBC', count: 1 },
        { label: 'other', count: 1 },
      ],
      confidences: [0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    });
  });

  it('is nothing for one that was never asked, and a problem for one that is not there', async () => {
    const asked = async (where: string) => app.fetch(`/v1/models/${where}/answers`);
    expect(await (await asked('everyday-10-tfjs/versions/1')).json()).toMatchObject({
      predictions: 0,
      classes: [],
    });
    expect((await asked('everyday-10/versions/9')).status).toBe(404);
  });
});

describe('the image as a model is shown it', () => {
  it('is a PNG of the size of its input', async () => {
    const { prediction_id } = await predict(app, await jpeg(20, 120, 60), { model: 'everyday-10' });
    const response = await app.fetch(`/v1/predictions/${prediction_id}/input`);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({
      format: 'png',
      width: 32,
      height: 32,
    });
    const headers = { 'If-None-Match': String(response.headers.get('etag')) };
    expect((await app.fetch(`/v1/predictions/${prediction_id}/input`, { headers })).status).toBe(304);
  });
});

it('the colors of a manifest are those of what is drawn', async () => {
  const { prediction_id } = await predict(app, await jpeg(77), { model: 'blood-cells' });
  const bbox = { cx: 0.5, cy: 0.5, w: 0.5, h: 0.5 };
  const predictions = [{ class_index: 1, class_name: 'WBC', confidence: 0.9, bbox }];
  await app.services.predictions.finish(
    finish(prediction_id, { status: 'succeeded', output: { predictions } }),
  );
  const response = await app.fetch(`/v1/predictions/${prediction_id}/annotated`);
  const annotated = sharp(Buffer.from(await response.arrayBuffer()));
  const line = { left: 158, top: 240, width: 4, height: 1 }; // the left side of the box, in 640 × 480
  const { data } = await annotated.extract(line).raw().toBuffer({ resolveWithObject: true });
  const [red = 0, green = 0, blue = 0] = [...data].slice(3, 6);
  expect(blue).toBeGreaterThan(red + 60); // by its number it would be green
  expect(blue).toBeGreaterThan(green + 60);
});

it('the list of models tells what is being checked from what was rejected', async () => {
  await push('later', 'd');
  await app.services.models.refresh();
  const { problems } = (await (await app.fetch('/v1/models')).json()) as { problems: object[] };
  expect(problems).toContainEqual({
    name: 'later',
    version: '1',
    state: 'checking',
    message: 'It is being checked.',
  });
  expect(problems).toContainEqual(expect.objectContaining({ name: 'rejected', state: 'rejected' }));
});
