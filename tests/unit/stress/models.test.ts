import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadModels } from '@scry/shared/models/model-folders';
import { mobilenetV2 } from '@scry/stress/models/mobilenet-v2';
import { writeBenchModels } from '@scry/stress/models/write';
import { InferenceSession, Tensor } from 'onnxruntime-node';

describe('the models for measurements', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-models-'));
    await writeBenchModels(folder, ['identity', 'mobilenet-v2']);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('have manifests that Scry accepts', async () => {
    const { models, problems } = await loadModels(folder);
    expect(problems).toEqual([]);
    expect([...models.keys()]).toEqual(['identity', 'mobilenet-v2']);
    expect(models.get('mobilenet-v2')?.labels).toHaveLength(1000);
  });

  test.each([
    ['identity', 32, 3],
    ['mobilenet-v2', 224, 1000],
  ])('%s runs at any batch, with finite answers that differ between images', async (name, size, classes) => {
    const file = path.join(folder, name, 'model.onnx');
    const session = await InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    for (const batch of [1, 8]) {
      const values = new Float32Array(batch * 3 * size * size);
      for (let index = 0; index < values.length; index++) values[index] = Math.sin(index * (1 + index / 1e6));
      const outputs = await session.run({ pixels: new Tensor('float32', values, [batch, 3, size, size]) });
      const output = Object.values(outputs)[0];
      expect(output?.dims).toEqual([batch, classes]);
      const answers = output?.data as Float32Array;
      expect(answers.every((value) => Number.isFinite(value) && Math.abs(value) < 1000)).toBe(true);
      if (batch > 1) expect(answers.subarray(0, classes)).not.toEqual(answers.subarray(classes, 2 * classes));
    }
    await session.release();
  });

  test('have the same bytes each time', () => {
    expect(Buffer.from(mobilenetV2()).equals(Buffer.from(mobilenetV2()))).toBe(true);
  });

  test('have as many weights as the published network: 3.5 million', () => {
    expect(mobilenetV2().length / 4).toBeGreaterThan(3.4e6);
    expect(mobilenetV2().length / 4).toBeLessThan(3.6e6);
  });
});
