import type { ModelVersionStore, Version } from '@scry/shared/database/model-versions';
import { findBase } from '@scry/shared/models/base-model';

const manifests: Record<string, object> = {
  classifier: { task: 'classification', file: 'model.onnx', engine: 'onnx' },
  converted: { task: 'classification', file: 'model.keras' },
  tfjs: { task: 'classification', file: 'model.json', engine: 'tfjs' },
  detector: { task: 'detection', file: 'model.onnx' },
};
const versions = {
  labels: async () => [],
  get: async (name: string) => {
    const manifest = manifests[name];
    return manifest ? ({ name, state: 'ready', manifest } as unknown as Version) : null;
  },
} as unknown as ModelVersionStore;

const problemOf = async (name: string) => {
  const found = await findBase(`${name}@1`, versions, '/nowhere');
  return 'problem' in found ? found.problem : null;
};

it('classifiers are bases, also those whose files are converted', async () => {
  expect([await problemOf('classifier'), await problemOf('converted')]).toEqual([null, null]);
});

it('detectors, models that stay on TensorFlow.js and unknown ones are refused with a sentence', async () => {
  expect(await problemOf('detector')).toMatch(
    /"detector@1" does not classify images \(its task is detection\)/,
  );
  expect(await problemOf('tfjs')).toMatch(
    /"tfjs@1" runs on TensorFlow.js .* convert it with "npm run convert"/,
  );
  expect(await problemOf('nobody')).toMatch(/there is no model "nobody@1" that is ready/);
});
