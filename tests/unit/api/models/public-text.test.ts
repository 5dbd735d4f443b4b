import { withoutFolders } from '@scry/api/models/public-text';

describe('a message about a model as anybody reads it', () => {
  it.each([
    ['/srv/scry/models/cells/manifest.json is not JSON.', 'manifest.json is not JSON.'],
    ['Load model from "/data/blobs/ab/cd.onnx" failed', 'Load model from "cd.onnx" failed'],
    ['See https://example.com/a/b/c for formats.', 'See https://example.com/a/b/c for formats.'],
    ['The shape is [1/2, 3].', 'The shape is [1/2, 3].'],
  ])('%s', (message, expected) => {
    expect(withoutFolders(message)).toBe(expected);
  });
});
