/** What cannot be converted is refused in one sentence that names it. */
import { convert } from '@scry/onnx/convert';
import { ConversionError } from '@scry/onnx/errors';
import { describeModel } from '../../helpers/keras/describe.js';
import { Recorder, type Tensor } from '../../helpers/keras/recorder.js';
import { hdf5, hdf5Model, kerasModel } from '../../helpers/keras/write.js';

const text = (content: string) => new TextEncoder().encode(content);

async function refusal(name: string, bytes: Uint8Array): Promise<string> {
  const error = await convert(new Map([[name, bytes]])).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConversionError);
  return (error as ConversionError).message;
}

/** A file with one layer between input and output, whose settings may be anything. */
async function withLayer(
  className: string,
  config: Readonly<Record<string, unknown>> = {},
  shape = [6, 6, 4],
) {
  const k = new Recorder('one');
  k.outputs = [k.add(className, [k.input(shape)], ([x]) => x as never, { name: 'the_layer', config })];
  return refusal('model.h5', await hdf5Model(k, 2));
}

test.each([
  [
    'a class that is not known',
    'ConvLSTM2D',
    {},
    'The layer "the_layer" of the class "ConvLSTM2D" cannot be converted to ONNX',
  ],
  ["a class of the user's own", 'MyPackage>Blur', {}, 'of the class "Blur"'],
  ['Python code', 'Lambda', { function: ['4wEAAA==', null, null], arguments: {} }, 'runs Python code'],
  ['an activation that is not known', 'Activation', { activation: 'my_relu' }, 'the activation "my_relu"'],
  [
    'an operation that is not known',
    'TFOpLambda',
    { function: 'signal.fft' },
    'is the operation "signal.fft"',
  ],
  [
    'an interpolation without counterpart',
    'UpSampling2D',
    { size: [2, 2], interpolation: 'hermite' },
    'the interpolation "hermite"',
  ],
  ['a padding without counterpart', 'MaxPooling2D', { padding: 'causal' }, 'the padding "causal"'],
  [
    'a crop that leaves nothing',
    'Cropping2D',
    {
      cropping: [
        [4, 4],
        [0, 0],
      ],
    },
    'leaves nothing of its input',
  ],
  ['a pool larger than its image', 'MaxPooling2D', { pool_size: [9, 9] }, 'leaves nothing of its input'],
  ['a size that is no number', 'MaxPooling2D', { pool_size: 'big' }, 'no usable "pool_size"'],
  ['a reshape that does not fit', 'Reshape', { target_shape: [7, 7] }, 'cannot make [7,7]'],
  [
    'an enlargement beyond memory',
    'UpSampling2D',
    { size: [1_000_000, 1_000_000] },
    'which no machine can hold',
  ],
  ['padding beyond memory', 'ZeroPadding2D', { padding: 1_000_000_000 }, 'which no machine can hold'],
  ['a convolution without weights', 'Conv2D', { filters: 8, kernel_size: [3, 3] }, 'has no weight "kernel"'],
] as const)('%s', async (_, className, config, sentence) => {
  expect(await withLayer(className, config)).toContain(sentence);
});

test('a repetition beyond memory', async () => {
  expect(await withLayer('RepeatVector', { n: 1e12 }, [64])).toContain('which no machine can hold');
});

test('a weight of another shape than the settings say', async () => {
  const k = new Recorder('wrong');
  k.outputs = [k.conv(k.input([6, 6, 3]), 4, 3, { name: 'conv' })];
  const config = JSON.parse(JSON.stringify(describeModel(k, 2)).replace('"filters":4', '"filters":5'));
  const said = await refusal('model.h5', await hdf5Model(k, 2, { config }));
  expect(said).toBe(
    'The layer "conv" of the class "Conv2D" has a kernel of shape [3,3,3,4] where its settings ask for [3,3,3,5].',
  );
});

/** Each layer that has weights of two axes or more, named "the_layer". */
const WEIGHED: Readonly<Record<string, (k: Recorder, x: Tensor) => Tensor>> = {
  Conv2D: (k, x) => k.conv(x, 5, [2, 3], { name: 'the_layer' }),
  'Conv2D in groups': (k, x) => k.conv(x, 6, 3, { name: 'the_layer', groups: 2 }),
  DepthwiseConv2D: (k, x) => k.depthwise(x, 3, { name: 'the_layer', multiplier: 2 }),
  SeparableConv2D: (k, x) => k.separable(x, 5, 3, { name: 'the_layer' }),
  Conv2DTranspose: (k, x) =>
    k.add('Conv2DTranspose', [x], ([value]) => value as never, {
      name: 'the_layer',
      weights: [k.weight('kernel', [2, 3, 5, 4])],
      config: { filters: 5, kernel_size: [2, 3], use_bias: false },
    }),
  Dense: (k, x) => k.dense(k.flatten(x), 5, 'linear', 'the_layer'),
};

test.each(
  Object.entries(WEIGHED).flatMap(([kind, build]) =>
    (['model.h5', 'model.keras'] as const).map((file) => [kind, file, build] as const),
  ),
)('a kernel of %s whose axes are stored in the opposite order, in %s', async (_, file, build) => {
  const k = new Recorder('one');
  k.outputs = [build(k, k.input([6, 6, 4]))];
  for (const layer of k.layers)
    for (const weight of layer.weights) Object.assign(weight, { shape: [...weight.shape].reverse() });
  const bytes = await (file === 'model.h5' ? hdf5Model(k, 2) : kerasModel(k));
  expect(await refusal(file, bytes)).toMatch(
    /^The layer "the_layer" of the class "\w+" has a (pointwise )?kernel of shape \[.+\] where its settings ask for \[.+\]\.$/,
  );
});

test('weights without a model', async () => {
  const alone = await hdf5((file) => file.create_attribute('layer_names', ['conv'], [1]));
  expect(await refusal('model.weights.h5', alone)).toContain('holds weights only');
  const newer = await hdf5((file) => file.create_group('layers'));
  expect(await refusal('model.h5', newer)).toContain('save it with model.save()');
});

test('an HDF5 file of something else', async () => {
  const other = await hdf5((file) => file.create_dataset({ name: 'numbers', data: [1, 2, 3] }));
  expect(await refusal('data.h5', other)).toBe('The HDF5 file holds no Keras model: it has no model_config.');
});

test('a model whose class is written in Python', async () => {
  const config = { class_name: 'MyModel', config: { name: 'mine' } };
  const k = new Recorder('mine');
  expect(await refusal('model.h5', await hdf5Model(k, 2, { config }))).toContain('of the class "MyModel"');
});

test('a model without the shape of its input', async () => {
  const config = {
    class_name: 'Sequential',
    config: { name: 's', layers: [{ class_name: 'Flatten', config: { name: 'f' } }] },
  };
  expect(await refusal('model.h5', await hdf5Model(new Recorder(), 2, { config }))).toContain(
    'saved without the shape of its input',
  );
});

test("files that are something else under a model's name", async () => {
  expect(await refusal('model.keras', text('version https://git-lfs.github.com/spec/v1\n'))).toBe(
    'model.keras is a pointer of Git LFS, not the weights themselves; run "git lfs pull" where it was cloned.',
  );
  expect(await refusal('model.h5', text('<html>404</html>'))).toContain('model.h5 is a web page');
  expect(await refusal('model.h5', text('\x00\x00\x00\x00TFL3'))).toContain(
    'a TensorFlow Lite file; convert it with',
  );
  expect(await refusal('model.pt', Uint8Array.of(0x80, 2, 0x8a))).toContain(
    'model.pt is a PyTorch file; export it',
  );
  expect(await refusal('model.onnx', Uint8Array.of(8, 8, 0x12))).toBe('model.onnx is an ONNX file already.');
  expect(await refusal('model.zip', text('PK\x03\x04 config.json'))).toContain(
    'give it its own ending, .keras',
  );
  expect(await refusal('model.txt', text('hello'))).toContain('it should end in .keras, .h5, .hdf5, .json');
  expect(await refusal('model.txt', text('hello'))).toContain('is not a model file');
  expect(await refusal('model.keras', new Uint8Array())).toBe('model.keras is empty; copy the file again.');
});

/** A chain of ReLU layers whose connections a test may break. */
function chain(): {
  readonly k: Recorder;
  readonly config: { config: { layers: Record<string, unknown>[] } };
} {
  const k = new Recorder('chain');
  let x: Tensor = k.input([4, 4, 2], 'in');
  for (const name of ['a', 'b', 'c']) x = k.add('ReLU', [x], ([value]) => value as never, { name });
  k.outputs = [x];
  return { k, config: JSON.parse(JSON.stringify(describeModel(k, 2))) };
}

const node = (layer: string) => [[[layer, 0, 0, {}]]];

test.each([
  ['layers in a circle', 1, node('c'), 'in a circle'],
  ['a layer that takes its own output', 2, node('b'), 'in a circle'],
  ['a layer that is not there', 2, node('nowhere'), 'which the model does not have'],
  ['an output that a layer does not have', 2, [[['a', 0, 7, {}]]], 'has no output 7'],
])('%s', async (_, at, inbound, sentence) => {
  const { k, config } = chain();
  (config.config.layers[at] as Record<string, unknown>).inbound_nodes = inbound;
  expect(await refusal('model.h5', await hdf5Model(k, 2, { config }))).toContain(sentence);
  expect(await refusal('model.keras', await kerasModel(k, { config, version: '2.15.0' }))).toContain(
    sentence,
  );
});

test('two layers of one name', async () => {
  const { k, config } = chain();
  (config.config.layers[3] as { config: Record<string, unknown> }).config.name = 'b';
  expect(await refusal('model.keras', await kerasModel(k, { config }))).toContain('the same name');
});

test('models in models that would make a graph without end', async () => {
  type Described = { readonly class_name: string; readonly config: object };
  let model: Described = { class_name: 'ReLU', config: {} };
  for (let depth = 0; depth < 16; depth += 1) {
    const inner = model;
    const layers = ['x', 'y'].map((name) => ({
      ...inner,
      config: { ...inner.config, name: `${name}${depth}` },
    }));
    model = { class_name: 'Sequential', config: { name: `m${depth}`, layers } };
  }
  const first = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 4] } };
  const config = { class_name: 'Sequential', config: { name: 'all', layers: [first, model] } };
  expect(await refusal('model.h5', await hdf5Model(new Recorder(), 2, { config }))).toContain(
    'more than 50000 operations',
  );
});

test('models nested deeper than can be read', async () => {
  let model: unknown = { class_name: 'ReLU', config: { name: 'r' } };
  for (let depth = 0; depth < 500; depth += 1)
    model = { class_name: 'Sequential', config: { name: `m${depth}`, layers: [model] } };
  expect(await refusal('model.h5', await hdf5Model(new Recorder(), 2, { config: model }))).toContain(
    'nests more models',
  );
});
