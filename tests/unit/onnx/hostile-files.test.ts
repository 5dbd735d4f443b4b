/**
 * TensorFlow.js and darknet files that are cut off, lie or attack: each ends in one sentence, soon, and without the
 * memory that it asks for.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { convert } from '@scry/onnx/convert';
import { ConversionError } from '@scry/onnx/errors';
import { type TfGraph, tfGraph } from '../../helpers/tfjs-graph.js';

type Files = Map<string, Uint8Array>;
// biome-ignore lint/suspicious/noExplicitAny: files that lie have no type
type Json = any;

const SLOWEST_MS = 5000;
const MOST_MIB = 300;

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

async function refusal(files: Files): Promise<string> {
  const before = process.memoryUsage();
  const start = performance.now();
  const error = await convert(files).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect((heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20).toBeLessThan(MOST_MIB);
  expect(error).toBeInstanceOf(ConversionError);
  const { message } = error as Error;
  expect(message).toMatch(/^[^\n]{10,400}[.]$/);
  return message;
}

const graph: TfGraph = {
  inputs: { x: [1, 8, 8, 3] },
  constants: {
    kernel: { dims: [3, 3, 3, 4], data: Array(108).fill(0.1) },
    bias: { dims: [4], data: [1, 2, 3, 4] },
    axes: { dims: [2], data: [1, 2], dtype: 'int32' },
  },
  nodes: [
    {
      name: 'conv',
      op: '_FusedConv2D',
      input: ['x', 'kernel', 'bias'],
      attr: {
        strides: [1, 1, 1, 1],
        padding: 'SAME',
        data_format: 'NHWC',
        fused_ops: ['BiasAdd', 'Relu'],
        num_args: 1,
      },
    },
    { name: 'y', op: 'Mean', input: ['conv', 'axes'], attr: { keep_dims: false } },
  ],
  outputs: ['y'],
};

function changed(change: (json: Json) => void, source: TfGraph = graph): Files {
  const { json, weights } = tfGraph(source);
  const copy = JSON.parse(JSON.stringify(json)) as Json;
  change(copy);
  return new Map([
    ['model.json', bytes(copy)],
    ['weights.bin', weights],
  ]);
}

/** The graph with its last node replaced, and more constants. */
function ending(
  op: string,
  input: string[],
  constants: TfGraph['constants'] = {},
  attr: NonNullable<TfGraph['nodes'][number]['attr']> = {},
): Files {
  const first = graph.nodes.slice(0, 1);
  return changed(() => undefined, {
    ...graph,
    constants: { ...graph.constants, ...constants },
    nodes: [...first, { name: 'y', op, input, attr }],
  });
}

const ints = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int32' as const });
const node = (json: Json, name: string) => json.modelTopology.node.find((found: Json) => found.name === name);
const weight = (json: Json, name: string) =>
  json.weightsManifest[0].weights.find((found: Json) => found.name === name);

test('the graph that is damaged below is whole', async () => {
  const { report } = await convert(changed(() => undefined));
  expect(report.outputs).toMatchObject([{ name: 'y', shape: [1, 4] }]);
});

describe('TensorFlow.js', () => {
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
    expect(message).toBe('model.json is not valid JSON: it is damaged or was cut off.');
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

  const STRUCTURES: [string, (json: Json) => void, RegExp][] = [
    ['no topology', (copy) => delete copy.modelTopology, /no modelTopology/],
    ['no manifest of weights', (copy) => delete copy.weightsManifest, /no weightsManifest/],
    [
      'a manifest that is an object',
      (copy) => Object.assign(copy, { weightsManifest: {} }),
      /no weightsManifest/,
    ],
    ['groups that are numbers', (copy) => Object.assign(copy, { weightsManifest: [1] }), /must list groups/],
    [
      'weights that are numbers',
      (copy) => Object.assign(copy.weightsManifest[0], { weights: [1] }),
      /not an object/,
    ],
    [
      'ten thousand shards',
      (copy) => Object.assign(copy.weightsManifest[0], { paths: Array(10_000).fill('a') }),
      /more than 4096/,
    ],
    [
      'a shard that is missing',
      (copy) => Object.assign(copy.weightsManifest[0], { paths: ['other.bin'] }),
      /"other.bin".* is missing/,
    ],
    ['no nodes', (copy) => Object.assign(copy.modelTopology, { node: [] }), /no nodes/],
    ['a text for nodes', (copy) => Object.assign(copy.modelTopology, { node: 'x' }), /no nodes/],
    [
      'nodes without names',
      (copy) => Object.assign(copy.modelTopology, { node: [{ op: 'Relu' }] }),
      /without a name/,
    ],
    ['nodes that are null', (copy) => copy.modelTopology.node.push(null), /without a name/],
    [
      'far too many nodes',
      (copy) => Object.assign(copy.modelTopology, { node: Array(200_001).fill({ name: 'a', op: 'b' }) }),
      /200001 nodes/,
    ],
    [
      'a node that needs itself',
      (copy) => Object.assign(node(copy, 'y'), { input: ['y', 'axes'] }),
      /circle at "y"/,
    ],
    [
      'nodes that need each other',
      (copy) => Object.assign(node(copy, 'conv'), { input: ['y', 'kernel', 'bias'] }),
      /circle/,
    ],
    [
      'an input that is not there',
      (copy) => Object.assign(node(copy, 'y'), { input: ['nothing', 'axes'] }),
      /"nothing", which it does not have/,
    ],
    [
      'an output beyond a node’s',
      (copy) => Object.assign(node(copy, 'y'), { input: ['conv:9', 'axes'] }),
      /"conv:9", which no node gives/,
    ],
    ['too few inputs', (copy) => Object.assign(node(copy, 'conv'), { input: ['x'] }), /too few/],
    ['no inputs', (copy) => Object.assign(node(copy, 'y'), { input: [] }), /too few/],
    [
      'an unknown operation',
      (copy) => Object.assign(node(copy, 'y'), { op: 'Explode' }),
      /Explode "y" cannot be converted/,
    ],
    [
      'an operation named like a method',
      (copy) => Object.assign(node(copy, 'y'), { op: 'constructor' }),
      /constructor "y" cannot be converted/,
    ],
    [
      'a constant without weights',
      (copy) => Object.assign(node(copy, 'axes'), { name: 'axis' }),
      /"axes", which it does not have/,
    ],
    [
      'weights under another name',
      (copy) => Object.assign(weight(copy, 'axes'), { name: 'axis' }),
      /weights of the constant "axes" are missing/,
    ],
    [
      'an output that is not there',
      (copy) => Object.assign(copy.signature, { outputs: { z: { name: 'z:0' } } }),
      /"z", which it does not have/,
    ],
    [
      'the same name for input and output',
      (copy) => Object.assign(copy.signature, { outputs: { x: { name: 'y' } } }),
      /have the name "x"/,
    ],
    [
      'an input of a terabyte',
      (copy) => Object.assign(node(copy, 'x').attr.shape.shape, { dim: Array(4).fill({ size: '1000000' }) }),
      /impossible shape/,
    ],
    [
      'an input of unknown rank',
      (copy) => Object.assign(node(copy, 'x').attr.shape, { shape: { unknownRank: true } }),
      /shape of the input "x" is not known/,
    ],
    [
      'an input of texts',
      (copy) => Object.assign(node(copy, 'x').attr, { dtype: { type: 'DT_STRING' } }),
      /"DT_STRING", which cannot be converted/,
    ],
    [
      'strides of zero',
      (copy) => Object.assign(node(copy, 'conv').attr, { strides: { list: { i: ['1', '0', '0', '1'] } } }),
      /its strides are 1,0,0,1/,
    ],
    [
      'huge strides',
      (copy) =>
        Object.assign(node(copy, 'conv').attr, { strides: { list: { i: ['1', '1e9', '1e9', '1'] } } }),
      /its strides are/,
    ],
    [
      'an unknown fused operation',
      (copy) =>
        Object.assign(node(copy, 'conv').attr, {
          fused_ops: { list: { s: [Buffer.from('Boom').toString('base64')] } },
        }),
      /"boom" is fused into it/,
    ],
    [
      'a layers model without layers',
      (copy) => Object.assign(copy, { modelTopology: { class_name: 'Sequential', config: {} } }),
      /no list of layers/,
    ],
    [
      'a layers model of an unknown class',
      (copy) => Object.assign(copy, { modelTopology: { class_name: 'Model', config: {} } }),
      /of the class "Model"/,
    ],
    [
      'a model_config that is no JSON',
      (copy) => Object.assign(copy, { modelTopology: { model_config: '{' } }),
      /model_config of model.json is not JSON/,
    ],
  ];

  test.each(STRUCTURES)('%s', async (_, change, expected) => {
    expect(await refusal(changed(change))).toMatch(expected);
  });

  const HUGE = ints(100_000, 100_000, 100_000);
  const OPERATIONS: [string, Files, RegExp][] = [
    [
      'Fill of a petabyte',
      ending('Fill', ['dims', 'one'], { dims: HUGE, one: { dims: [], data: [1] } }),
      /impossible shape/,
    ],
    [
      'BroadcastTo a petabyte',
      ending('BroadcastTo', ['one', 'dims'], { dims: HUGE, one: { dims: [], data: [1] } }),
      /impossible shape/,
    ],
    [
      'Tile a million times',
      ending('Tile', ['conv', 'times'], { times: ints(1, 1e6, 1e6, 1) }),
      /impossible shape/,
    ],
    [
      'a resize to 10⁶ × 10⁶',
      ending('ResizeBilinear', ['conv', 'to'], { to: ints(1e6, 1e6) }),
      /impossible shape/,
    ],
    [
      'a resize to nothing',
      ending('ResizeBilinear', ['conv', 'to'], { to: ints(0, 0) }),
      /its size is empty/,
    ],
    [
      'a resize to less than nothing',
      ending('ResizeNearestNeighbor', ['conv', 'to'], { to: ints(-3, 4) }),
      /its size is empty/,
    ],
    [
      'Range to 2³¹',
      ending('Range', ['a', 'b', 'c'], {
        a: { dims: [], data: [0], dtype: 'int32' },
        b: { dims: [], data: [2 ** 31 - 1], dtype: 'int32' },
        c: { dims: [], data: [1], dtype: 'int32' },
      }),
      /counts too far/,
    ],
    [
      'a billion classes',
      ending('OneHot', ['axes', 'depth', 'on', 'off'], {
        depth: { dims: [], data: [1e9], dtype: 'int32' },
        on: { dims: [], data: [1] },
        off: { dims: [], data: [0] },
      }),
      /too many classes/,
    ],
    [
      'padding beyond reason',
      ending('Pad', ['conv', 'pads'], {
        pads: { dims: [4, 2], data: [0, 0, 1e9, 1e9, 0, 0, 0, 0], dtype: 'int32' },
      }),
      /its paddings are/,
    ],
    ['padding of other axes', ending('Pad', ['conv', 'pads'], { pads: ints(1, 1) }), /its paddings are/],
    [
      'negative padding',
      ending('Pad', ['conv', 'pads'], {
        pads: { dims: [4, 2], data: [0, 0, -1, 0, 0, 0, 0, 0], dtype: 'int32' },
      }),
      /its paddings are/,
    ],
    [
      'a split into a billion',
      ending('Split', ['axis', 'conv'], { axis: ints(3) }, { num_split: 1e9 }),
      /cannot be split into/,
    ],
    [
      'a split that does not divide',
      ending('Split', ['axis', 'conv'], { axis: ints(3) }, { num_split: 3 }),
      /4 elements cannot be split into 3/,
    ],
    [
      'parts longer than the whole',
      ending('SplitV', ['conv', 'sizes', 'axis'], { sizes: ints(9, -1), axis: ints(3) }, { num_split: 2 }),
      /longer than the whole/,
    ],
    [
      'a slice with a step of 0',
      ending('StridedSlice', ['conv', 'b', 'b', 's'], { b: ints(0), s: ints(0) }),
      /with a step of 0/,
    ],
    [
      'a slice of more axes than there are',
      ending('StridedSlice', ['conv', 'b', 'b', 'b'], { b: ints(1, 1, 1, 1, 1, 1) }),
      /slices more axes/,
    ],
    ['an axis that is not there', ending('Mean', ['conv', 'axis'], { axis: ints(9) }), /Axis 9 was named/],
    [
      'a negative axis that is not there',
      ending('ConcatV2', ['conv', 'conv', 'axis'], { axis: ints(-9) }),
      /Axis -9 was named/,
    ],
    [
      'axes that are no order',
      ending('Transpose', ['conv', 'perm'], { perm: ints(0, 0, 0, 0) }),
      /it orders axes as 0,0,0,0/,
    ],
    ['axes that are calculated', ending('Transpose', ['conv', 'conv']), /known only while the network runs/],
    [
      'a kernel that is calculated',
      ending('Conv2D', ['conv', 'conv'], {}, { strides: [1, 1, 1, 1] }),
      /its kernel is known only while/,
    ],
    [
      'a kernel of two axes',
      ending('Conv2D', ['conv', 'k'], { k: { dims: [2, 2], data: [1, 1, 1, 1] } }, { strides: [1, 1, 1, 1] }),
      /has not four axes/,
    ],
    [
      'a kernel for other channels',
      ending(
        'Conv2D',
        ['conv', 'k'],
        { k: { dims: [1, 1, 9, 1], data: Array(9).fill(1) } },
        { strides: [1, 1, 1, 1] },
      ),
      /does not fit 4 channels/,
    ],
    [
      'a pool of an enormous window',
      ending('MaxPool', ['conv'], {}, { ksize: [1, 1e9, 1e9, 1], strides: [1, 1, 1, 1] }),
      /its ksize are/,
    ],
    [
      'a transposed convolution of another size',
      ending(
        'Conv2DBackpropInput',
        ['s', 'k', 'conv'],
        { s: ints(1, 999, 999, 1), k: { dims: [1, 1, 1, 4], data: [1, 1, 1, 1] } },
        { strides: [1, 1, 1, 1] },
      ),
      /does not fit its kernel/,
    ],
    [
      'an equation that is none',
      ending('Einsum', ['conv', 'conv'], {}, { equation: '$(reboot)' }),
      /equation cannot be read/,
    ],
    ['a block of 10⁹', ending('DepthToSpace', ['conv'], {}, { block_size: 1e9 }), /its block is/],
    [
      'a loop without its function',
      ending('While', ['conv']),
      /calls a function that the graph does not have/,
    ],
    ['a branch by an image', ending('If', ['conv', 'conv']), /branches by what is known only/],
    ['a merge of two living branches', ending('Merge', ['conv', 'x']), /branches by what is known only/],
  ];

  test.each(OPERATIONS)('%s', async (_, files, expected) => {
    expect(await refusal(files)).toMatch(expected);
  });

  const recursive = (body: Json[], returned: string) => ({
    function: [
      {
        signature: { name: 'f', inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
        nodeDef: body,
        ret: { b: returned },
      },
    ],
  });
  const call = (name: string, input: string) => ({
    name,
    op: 'PartitionedCall',
    input: [input],
    attr: { f: { func: { name: 'f' } } },
  });

  test('a function that calls itself, once or twice', async () => {
    for (const body of [[call('again', 'a')], [call('again', 'a'), call('more', 'again')]]) {
      const files = changed((copy) => {
        copy.modelTopology.library = recursive(body, `${body.at(-1)?.name}:output:0`);
        Object.assign(node(copy, 'y'), call('y', 'conv'));
      });
      expect(await refusal(files)).toMatch(/calls functions too deep/);
    }
  });

  test('a hundred functions that each call the next one twice', async () => {
    const one = (at: number) => {
      const to = (name: string, input: string) => ({
        name,
        op: 'PartitionedCall',
        input: [input],
        attr: { f: { func: { name: `f${at + 1}` } } },
      });
      return {
        signature: { name: `f${at}`, inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
        nodeDef: [to('p', 'a'), to('q', 'p')],
        ret: { b: 'q:output:0' },
      };
    };
    const last = {
      signature: { name: 'f30', inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
      nodeDef: [{ name: 'r', op: 'Identity', input: ['a'] }],
      ret: { b: 'r' },
    };
    const files = changed((copy) => {
      copy.modelTopology.library = { function: [...Array.from({ length: 30 }, (_, at) => one(at)), last] };
      Object.assign(node(copy, 'y'), {
        op: 'PartitionedCall',
        input: ['conv'],
        attr: { f: { func: { name: 'f0' } } },
      });
    });
    expect(await refusal(files)).toMatch(/too large when its functions are put in place/);
  });

  test('a loop without end', async () => {
    const files = changed((copy) => {
      const named = (name: string, nodeDef: Json[], returned: string) => ({
        signature: { name, inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
        nodeDef,
        ret: { b: returned },
      });
      copy.modelTopology.library = {
        function: [
          named('goes-on', [{ name: 'rank', op: 'Rank', input: ['a'] }], 'rank'),
          named('body', [{ name: 'same', op: 'Identity', input: ['a'] }], 'same'),
        ],
      };
      Object.assign(node(copy, 'y'), {
        op: 'While',
        input: ['conv'],
        attr: { cond: { func: { name: 'goes-on' } }, body: { func: { name: 'body' } } },
      });
    });
    expect(await refusal(files)).toMatch(/loops more than 256 times/);
  });

  test('JSON nested deeper than any stack', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await refusal(new Map([['model.json', bytes(`{"modelTopology":${deep},"weightsManifest":[]}`)]]));
  });

  test('any one value of the file replaced by nonsense ends in a graph or a sentence', async () => {
    const places: string[][] = [];
    const walk = (value: Json, at: string[]) => {
      if (typeof value !== 'object' || value === null) return;
      for (const key of Object.keys(value)) {
        places.push([...at, key]);
        walk(value[key], [...at, key]);
      }
    };
    walk(json, []);
    expect(places.length).toBeGreaterThan(100);
    for (const place of places)
      for (const nonsense of [null, -1, 1e300, 'x', [], {}]) {
        const files = changed((copy) => {
          const parent = place.slice(0, -1).reduce((value: Json, key) => value[key], copy);
          parent[place.at(-1) as string] = nonsense;
        });
        await convert(files).catch((error: Error) => {
          expect(error).toBeInstanceOf(ConversionError);
          expect(error.message).toMatch(/^[^\n]{10,400}[.]$/);
        });
      }
  });
});

describe('the bundled TensorFlow.js model', () => {
  const folder = path.resolve(import.meta.dirname, '../../../models/everyday-10-tfjs');

  test('a layer’s weight that is missing', async () => {
    const source = JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8')) as Json;
    const shard = await readFile(path.join(folder, 'group1-shard1of1.bin'));
    const files = (change: (copy: Json) => void): Files => {
      const copy = structuredClone(source);
      change(copy);
      return new Map([
        ['model.json', bytes(copy)],
        ['group1-shard1of1.bin', shard],
      ]);
    };
    const removed = files((copy) => copy.weightsManifest[0].weights.shift());
    expect(await refusal(removed)).toMatch(/"stem" .*has no weight "kernel"/);
  });
});

const CFG = `[net]
width=16
height=16
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[convolutional]
filters=18
size=1
activation=linear

[yolo]
mask=0,1,2
anchors=2,3, 4,5, 6,7
classes=1
num=3
`;

function darknet(cfg: string, values = 8 * 4 + 8 * 27 + 18 + 18 * 8): Files {
  const weights = new Uint8Array(20 + values * 4);
  weights[4] = 2; // version 0.2
  return new Map([
    ['model.cfg', bytes(cfg)],
    ['model.weights', weights],
  ]);
}

describe('darknet', () => {
  test('the network that is damaged below is whole', async () => {
    const { report } = await convert(darknet(CFG));
    expect(report).toMatchObject({
      notes: [],
      outputs: [{ shape: ['batch', 192, 6] }],
      detection: { classes: 1 },
    });
  });

  test.each(Array.from({ length: 16 }, (_, part) => part * 3))(
    'the .cfg cut off after %i bytes',
    async (length) => {
      await refusal(darknet(CFG.slice(0, length)));
    },
  );

  test.each(Array.from({ length: 20 }, (_, part) => Math.floor((1612 * part) / 20)))(
    'the .weights cut off after %i bytes',
    async (length) => {
      const whole = darknet(CFG).get('model.weights') as Uint8Array;
      const files = darknet(CFG).set('model.weights', whole.slice(0, length));
      expect(await refusal(files)).toMatch(/^The \.weights file (ends in layer|is too short)/);
    },
  );

  const LIES: [string, string, string, RegExp][] = [
    ['a width of nothing', 'width=16', 'width=0', /width=0 must be/],
    ['a negative height', 'height=16', 'height=-16', /height=-16 must be/],
    ['a width of a million', 'width=16', 'width=1000000', /width=1000000 must be/],
    ['a width that is a word', 'width=16', 'width=wide', /width="wide" is not a number/],
    ['infinite filters', 'filters=8', 'filters=Infinity', /is not a number/],
    ['a billion filters', 'filters=8', 'filters=1000000000', /filters=1000000000 must be/],
    ['as many filters as may be', 'filters=8', 'filters=65536', /needs \d+ numbers of which/],
    ['no filters', 'filters=8', 'filters=0', /filters=0 must be/],
    ['a kernel of 1,000', 'size=3', 'size=1000', /size=1000 must be/],
    ['a stride of 0', 'stride=2', 'stride=0', /stride=0 must be/],
    ['a negative stride', 'stride=2', 'stride=-2', /stride=-2 must be/],
    ['groups that do not divide', 'stride=2', 'stride=2\ngroups=5', /cannot be split into 5 groups/],
    [
      'an unknown activation',
      'activation=leaky',
      'activation=explode',
      /activation "explode" cannot be converted/,
    ],
    [
      'an activation named like a method',
      'activation=leaky',
      'activation=constructor',
      /"constructor" cannot be converted/,
    ],
    ['binary weights', 'stride=2', 'stride=2\nbinary=1', /binary=1 cannot be converted/],
    [
      'other classes than channels',
      'classes=1',
      'classes=80',
      /3 × \(5 \+ 80\) = 255 channels, but the layer before it has 18/,
    ],
    ['a mask beyond the anchors', 'mask=0,1,2', 'mask=0,1,9', /mask names anchor 9/],
    ['anchors that are words', 'anchors=2,3', 'anchors=two,3', /holds "two", which is not a number/],
    ['no anchors', 'anchors=2,3, 4,5, 6,7', 'num=3', /mask names anchor 0, but there are 0/],
    ['an unknown layer', '[yolo]', '[transformer]', /layer 2 \[transformer\] cannot be converted/],
    ['a layer named like a method', '[yolo]', '[constructor]', /cannot be converted/],
    ['a line that is nothing', 'num=3', 'num=3\nhello', /"hello", which is neither/],
    ['no [net]', '[net]', '[network2]', /does not begin with \[net\]/],
    ['options before any section', '[net]', 'a=1\n[net]', /does not begin with a section/],
    [
      'a route to itself',
      '[yolo]',
      '[route]\nlayers=2\n[yolo]',
      /layer 2 is named, which is not an earlier layer/,
    ],
    ['a route to the future', '[yolo]', '[route]\nlayers=9\n[yolo]', /layer 9 is named/],
    ['a route before the first', '[yolo]', '[route]\nlayers=-9\n[yolo]', /layer -9 is named/],
    ['a route to nothing', '[yolo]', '[route]\n[yolo]', /layers= is missing/],
    [
      'a route of different sizes',
      '[yolo]',
      '[maxpool]\nsize=2\nstride=2\n[route]\nlayers=-1,-2\n[yolo]',
      /different sizes cannot be joined/,
    ],
    ['a shortcut without a source', '[yolo]', '[shortcut]\n[yolo]', /from= is missing/],
    [
      'a shortcut of different sizes',
      '[yolo]',
      '[maxpool]\nsize=2\nstride=2\n[shortcut]\nfrom=0\n[yolo]',
      /different sizes cannot be added/,
    ],
    [
      'a pool larger than the image',
      '[yolo]',
      '[maxpool]\nsize=99\npadding=0\nstride=1\n[yolo]',
      /would be (empty|impossibly large or empty)/,
    ],
    [
      'a pool padded beyond its window',
      '[yolo]',
      '[maxpool]\nsize=2\npadding=99\n[yolo]',
      /is too much for size=2/,
    ],
    ['upsampling without end', '[yolo]', `${'[upsample]\nstride=64\n'.repeat(9)}[yolo]`, /impossibly large/],
    [
      'channels without end',
      '[yolo]',
      `${'[route]\nlayers=-1,-1,-1,-1\n'.repeat(40)}[yolo]`,
      /impossibly large/,
    ],
    ['a reorg that does not divide', '[yolo]', '[reorg]\nstride=5\n[yolo]', /cannot be divided by stride 5/],
    ['five thousand layers', '[yolo]', `${'[dropout]\n'.repeat(5000)}[yolo]`, /names 500\d layers/],
  ];

  test.each(LIES)('%s', async (_, what, instead, expected) => {
    expect(CFG).toContain(what);
    expect(await refusal(darknet(CFG.replace(what, instead)))).toMatch(expected);
  });

  test('a header that is not one of darknet, an empty file, one of the two missing', async () => {
    const files = darknet(CFG);
    const junk = new Uint8Array(2000).fill(0xff);
    expect(await refusal(new Map(files).set('model.weights', junk))).toMatch(/its version cannot be read/);
    expect(await refusal(new Map(files).set('model.weights', new Uint8Array(0)))).toMatch(/too short/);
    expect(await refusal(new Map([...files].slice(0, 1)))).toMatch(/the \.weights file is missing/);
    expect(await refusal(new Map([...files].slice(1)))).toMatch(/the \.cfg file is missing/);
    expect(await refusal(new Map(files).set('model.cfg', junk))).toMatch(/\.cfg file/);
    expect(await refusal(new Map(files).set('model.cfg', new Uint8Array(5 * 2 ** 20)))).toMatch(/too large/);
  });
});
