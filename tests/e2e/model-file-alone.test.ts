/** A folder with a model file and its labels, without a manifest: it answers, and says what was found out about it. */
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { VersionView } from '@scry/shared/contracts/version';
import { MODELS_DIR } from '../helpers/bundled.js';
import { type System, startSystem } from '../helpers/system.js';

const BUNDLED = path.join(MODELS_DIR, 'everyday-10');

describe('a folder with a model file alone', () => {
  let models: string;
  let system: System;

  beforeAll(async () => {
    models = await mkdtemp(path.join(tmpdir(), 'scry-alone-'));
    const folder = path.join(models, 'things');
    await mkdir(folder);
    for (const file of ['model.onnx', 'labels.txt'])
      await cp(path.join(BUNDLED, file), path.join(folder, file));
    system = await startSystem({ env: { MODELS_DIR: models } });
  }, 120_000);

  afterAll(async () => {
    await system.remove();
    await rm(models, { recursive: true });
  }, 60_000);

  test('answers with the names of its classes', async () => {
    const form = new FormData();
    form.set('image', new Blob([await readFile(path.join(BUNDLED, 'sample.jpg'))]), 'sample.jpg');
    form.set('model', 'things');
    const response = await fetch(`${system.url}/v1/predictions`, {
      method: 'POST',
      headers: { Prefer: 'wait=30' },
      body: form,
    });
    const { output } = (await response.json()) as PredictionView;
    expect(output?.predictions[0]?.class_name).toBe('airplane');
  });

  test('gives a reason for each field that was found', async () => {
    const response = await fetch(`${system.url}/v1/models/things/versions`);
    const { items } = (await response.json()) as { items: VersionView[] };
    expect(items).toMatchObject([
      { state: 'ready', manifest: { task: 'classification', input: { width: 32 } } },
    ]);
    const reasons = new Map(items[0]?.notes.map(({ field, reason }) => [field, reason]));
    expect(reasons.get('input.width')).toBe('the shape of the input of model.onnx');
    expect(reasons.get('labels')).toBe('the lines of labels.txt');
  });
});
