import { convert } from '@scry/onnx/convert';
import { bytes, refusal } from '../../../helpers/hostile-files.js';
import { changed, graph, type Json, weight } from '../../../helpers/hostile-graph.js';
import { tfGraph } from '../../../helpers/tfjs-graph.js';

test('the graph that is damaged below is whole', async () => {
  const { report } = await convert(changed(() => undefined));
  expect(report.outputs).toMatchObject([{ name: 'y', shape: [1, 4] }]);
});

describe('weights of TensorFlow.js', () => {
  const { json, weights } = tfGraph(graph);
  const text = JSON.stringify(json);
  const cuts = Array.from({ length: 40 }, (_, part) => Math.floor((text.length * part) / 40));

  test.each(cuts)('model.json cut off after %i bytes', async (length) => {
    const message = await refusal(
      new Map([
        ['model.json', bytes(text.slice(0, length))],
        ['weights.bin', weights],
      ]),
    );
    expect(message).toMatch(
      /^model\.json is (not valid JSON: it is damaged or was cut off|empty; copy the file again)\.$/,
    );
  });

  test.each(Array.from({ length: 20 }, (_, part) => Math.floor((weights.length * part) / 20)))(
    'weights cut off after %i bytes',
    async (length) => {
      const message = await refusal(
        new Map([
          ['model.json', bytes(text)],
          ['weights.bin', weights.slice(0, length)],
        ]),
      );
      expect(message).toMatch(
        /^The weights files end in "(kernel|bias|axes)", which needs \d+ bytes of which \d+ are left/,
      );
    },
  );

  const OUTSIDE = [
    '../x.bin',
    '/etc/passwd',
    'C:\\x.bin',
    'a/../../x',
    '..\\x',
    '\\\\host\\x',
    '',
    null,
    7,
    'file:///x',
    'a\0b',
    'http://host/x',
  ];

  test.each(OUTSIDE)('weights at %j', async (path) => {
    const message = await refusal(
      changed((copy) => Object.assign(copy.weightsManifest[0], { paths: [path] })),
    );
    expect(message).toMatch(/^model.json names the weights file .*, which is not inside its folder\.$/);
  });

  const SHAPES = [
    [1e12],
    [1e6, 1e6],
    [-1],
    [1.5],
    ['3'],
    [2 ** 60],
    [null],
    'x',
    null,
    Array(99).fill(1),
    [2 ** 31, 2 ** 31],
  ];

  test.each(SHAPES.map((shape) => [shape]))('a weight of the shape %j', async (shape) => {
    expect(await refusal(changed((copy) => Object.assign(weight(copy, 'kernel'), { shape })))).toMatch(
      /kernel/,
    );
  });

  const WEIGHTS: [string, Json, RegExp][] = [
    ['an unknown dtype', { dtype: 'float128' }, /unknown dtype "float128"/],
    ['complex numbers', { dtype: 'complex64' }, /unknown dtype "complex64"/],
    ['a number for its dtype', { dtype: 7 }, /unknown dtype/],
    ['an unknown quantization', { quantization: { dtype: 'int4' } }, /quantized in an unknown way/],
    ['no scale', { quantization: { dtype: 'uint8', min: 0 } }, /no scale or min/],
    [
      'half floats for integers',
      { dtype: 'int32', quantization: { dtype: 'float16' } },
      /quantized in an unknown way/,
    ],
    ['texts of four gigabytes', { dtype: 'string', shape: [1] }, /which needs \d+ bytes/],
    ['no name', { name: null }, /without a name/],
  ];

  test.each(WEIGHTS)('a weight with %s', async (_, change, expected) => {
    expect(await refusal(changed((copy) => Object.assign(weight(copy, 'kernel'), change)))).toMatch(expected);
  });
});
