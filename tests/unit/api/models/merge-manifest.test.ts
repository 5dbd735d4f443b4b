import { mergeManifest } from '@scry/api/models/merge-manifest';

const MANIFEST = {
  task: 'classification',
  labels: ['a', 'b'],
  input: { width: 4, scale: 1, mean: [1, 2, 3] },
};

it('changes of a manifest keep what they do not name', () => {
  expect(mergeManifest(MANIFEST, { input: { scale: 2 }, labels: ['x'] })).toEqual({
    task: 'classification',
    labels: ['x'],
    input: { width: 4, scale: 2, mean: [1, 2, 3] },
  });
});

it('null takes a field out, in parts as well', () => {
  expect(mergeManifest(MANIFEST, { labels: null, input: { mean: null } })).toEqual({
    task: 'classification',
    input: { width: 4, scale: 1 },
  });
});

it('a part that was not there comes whole', () => {
  expect(mergeManifest({}, { output: { threshold: 0.5 } })).toEqual({ output: { threshold: 0.5 } });
});
