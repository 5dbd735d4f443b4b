/** What an ONNX file says of itself. */
import { ConversionError } from '@scry/onnx/errors';
import { summarize } from '@scry/onnx/graph/summary';
import { onnxFile } from '../../helpers/onnx-file.js';

test('metadata and the last operation of each output are read, moves of values left aside', () => {
  const file = onnxFile({
    inputs: [{ name: 'x', dims: [1, 4] }],
    nodes: [
      { op: 'Softmax', inputs: ['x'], outputs: ['probable'] },
      { op: 'Identity', inputs: ['probable'], outputs: ['same'] },
      { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
    ],
    outputs: [
      { name: 'same', dims: [1, 4] },
      { name: 'positive', dims: [1, 4] },
    ],
    metadata: { task: 'classify' },
  });
  const summary = summarize(file);
  expect(summary.metadata).toEqual({ task: 'classify' });
  expect(Object.fromEntries(summary.lastOperations)).toEqual({ same: 'Softmax', positive: 'Relu' });
});

test('nodes that go in a circle end the search for a last operation', () => {
  const file = onnxFile({
    inputs: [{ name: 'x', dims: [1] }],
    nodes: [
      { op: 'Identity', inputs: ['b'], outputs: ['a'] },
      { op: 'Identity', inputs: ['a'], outputs: ['b'] },
    ],
    outputs: [{ name: 'b', dims: [1] }],
  });
  expect(summarize(file).lastOperations.size).toBe(0);
});

test('what is no ONNX file is refused in one sentence', () => {
  expect(() => summarize(new TextEncoder().encode('nonsense'))).toThrow(ConversionError);
});
