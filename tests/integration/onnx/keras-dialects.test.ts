/** The same networks written as every version of Keras writes them, against plain loops. */
import { describeModel } from '../../helpers/keras/describe.js';
import { Recorder, type Tensor } from '../../helpers/keras/recorder.js';
import { errorOf } from '../../helpers/keras/run.js';
import { hdf5Model, kerasModel } from '../../helpers/keras/write.js';

const CLOSE = 1e-4;

/** Several layers of one class, layers without weights between them, a shared layer. */
function branched(): Recorder {
  const k = new Recorder('branched');
  const input = k.input([12, 10, 3]);
  const first = k.relu(k.norm(k.conv(k.rescale(input, 1 / 3, -0.2), 6, 3, { strides: 2 })), 6);
  const left = k.nothing(k.conv(first, 6, 1, { bias: true }), 'Dropout', { rate: 0.2 });
  const right = k.conv(first, 6, 3, { groups: 2, dilation: 2 });
  const shared = k.depthwise(k.merge('Add', [left, right]), 3, { name: 'shared', multiplier: 2 });
  const joined = k.concat([shared, k.separable(first, 4, 3, { bias: true })]);
  const pooled = k.concat([k.globalPool(joined), k.globalPool(joined, 'Max')]);
  k.outputs = [k.dense(k.dense(pooled, 8, 'relu'), 4, 'softmax', 'answers')];
  return k;
}

test.each([2, 3] as const)('an HDF5 file of Keras %i answers as the layers are defined', async (dialect) => {
  const model = branched();
  const { error, report } = await errorOf(model, 'model.h5', await hdf5Model(model, dialect));
  expect(error).toBeLessThan(CLOSE);
  expect(report.format).toBe('keras-h5');
  expect(report.outputs).toEqual([{ name: 'answers', shape: ['batch', 4], activation: 'softmax' }]);
  expect(report.inputs[0]).toMatchObject({ height: 12, width: 10, channels: 3, layout: 'NHWC' });
  expect(report.preprocessing).toMatchObject([{ className: 'Rescaling', settings: { offset: -0.2 } }]);
});

test.each([
  ['Keras 3', {}],
  ["Keras 3, without layers' names", { named: false }],
  [
    'Keras 2.13',
    { container: '_layer_checkpoint_dependencies', named: false, twice: true, version: '2.13.1' },
  ],
] as const)('a .keras file of %s answers as the layers are defined', async (_, options) => {
  const model = branched();
  const { error } = await errorOf(model, 'model.keras', await kerasModel(model, options));
  expect(error).toBeLessThan(CLOSE);
});

/** Teachable Machine: a Sequential of a Sequential (a network and its pooling) and of a Sequential (two dense layers). */
function teachable(): Recorder {
  const network = new Recorder('model1', 5);
  const x = network.relu(
    network.norm(network.conv(network.input([16, 16, 3], 'input_1'), 8, 3, { strides: 2, name: 'Conv1' }), {
      name: 'bn_Conv1',
    }),
    6,
  );
  const wide = network.norm(network.depthwise(x, 3, { name: 'expanded_conv_depthwise' }), {
    name: 'expanded_conv_depthwise_BN',
  });
  network.outputs = [network.merge('Add', [x, wide])];
  const inner = new Recorder('sequential_1', 6);
  inner.sequential = true;
  const features = inner.nest(network, inner.input([16, 16, 3], 'inner_input'));
  inner.outputs = [inner.globalPool(features)];
  const head = new Recorder('sequential_3', 7);
  head.sequential = true;
  head.outputs = [
    head.dense(
      head.dense(head.input([8], 'head_input'), 10, 'relu', 'dense_Dense1'),
      3,
      'softmax',
      'dense_Dense2',
    ),
  ];
  const outer = new Recorder('sequential_4', 8);
  outer.sequential = true;
  outer.outputs = [outer.nest(head, outer.nest(inner, outer.input([16, 16, 3], 'outer_input')))];
  return outer;
}

test.each([2, 3] as const)(
  'models inside models, as Teachable Machine nests them (Keras %i)',
  async (dialect) => {
    const model = teachable();
    for (const [name, bytes] of [
      ['keras_model.h5', await hdf5Model(model, dialect, { version: dialect === 2 ? '2.4.0' : '3.5.0' })],
      ['model.keras', await kerasModel(model, { version: dialect === 2 ? '2.15.0' : '3.5.0' })],
      ['model.keras', await kerasModel(model, { named: false })],
    ] as const) {
      const { error, report } = await errorOf(model, name, bytes);
      expect(error).toBeLessThan(CLOSE);
      expect(report.outputs[0]).toMatchObject({ shape: ['batch', 3], activation: 'softmax' });
    }
  },
);

test('Sequential models without input layers, whose input a model inside them states', async () => {
  const model = teachable();
  const bare = (described: {
    class_name: string;
    config: { layers: { class_name: string }[] };
  }): unknown => ({
    ...described,
    config: {
      ...described.config,
      layers: described.config.layers
        .filter(({ class_name: name }) => described.class_name !== 'Sequential' || name !== 'InputLayer')
        .map((layer) =>
          'layers' in ((layer as { config?: object }).config ?? {}) ? bare(layer as never) : layer,
        ),
    },
  });
  const bytes = await hdf5Model(model, 2, { config: bare(describeModel(model, 2) as never) });
  const { error, report } = await errorOf(model, 'keras_model.h5', bytes);
  expect(error).toBeLessThan(CLOSE);
  expect(report.inputs).toMatchObject([{ name: 'input_1', height: 16, width: 16, channels: 3 }]);
});

test('weights of nested models whose names say nothing are taken in their order', async () => {
  const model = teachable();
  const names = Array.from({ length: 20 }, (_, index) => `Variable_${index}:0`).values();
  const bytes = await hdf5Model(model, 2, { rename: () => String(names.next().value) });
  expect((await errorOf(model, 'keras_model.h5', bytes)).error).toBeLessThan(CLOSE);
});

test('a layer that is called twice uses its weights twice and counts them once', async () => {
  const k = new Recorder('shared');
  const input = k.input([6, 6, 4]);
  const once = k.conv(input, 4, 3, { name: 'twice', bias: true });
  const again = k.again('twice', [once]);
  k.outputs = [k.merge('Subtract', [again, k.activation(once, 'tanh')])];
  for (const dialect of [2, 3] as const) {
    const { error, report } = await errorOf(k, 'model.h5', await hdf5Model(k, dialect));
    expect(error).toBeLessThan(CLOSE);
    expect(report.parameters).toBe(3 * 3 * 4 * 4 + 4);
  }
});

test('a nested model may be called on two inputs', async () => {
  const inner = new Recorder('tower', 3);
  inner.outputs = [inner.globalPool(inner.conv(inner.input([8, 8, 3], 'tower_in'), 5, 3, { bias: true }))];
  const k = new Recorder('twins');
  const [a, b] = [k.input([8, 8, 3], 'a'), k.input([8, 8, 3], 'b')];
  const first: Tensor = k.nest(inner, a);
  k.outputs = [k.merge('Multiply', [first, k.again('tower', [b])])];
  const { error, report } = await errorOf(k, 'model.keras', await kerasModel(k));
  expect(error).toBeLessThan(CLOSE);
  expect(report.inputs.map(({ name }) => name)).toEqual(['a', 'b']);
  expect((await errorOf(k, 'model.h5', await hdf5Model(k, 2))).error).toBeLessThan(CLOSE);
});

test('images may be of any size where the file leaves it free', async () => {
  const k = new Recorder('free');
  const input = k.input([11, 14, 3], 'image', [null, null, 3]);
  const x = k.conv(input, 4, 3, { strides: 2, bias: true, activation: 'relu' });
  const pooled = k.pool(k.pool(x, 'Max', 3, 2, 'same'), 'Average', 2, 1, 'same');
  k.outputs = [
    k.dense(
      k.globalPool(
        k.enlarge(
          k.margins(pooled, 'ZeroPadding2D', [
            [1, 0],
            [2, 1],
          ]),
          2,
        ),
      ),
      2,
      'sigmoid',
    ),
  ];
  const { error, report } = await errorOf(k, 'model.h5', await hdf5Model(k, 2));
  expect(error).toBeLessThan(CLOSE);
  expect(report.outputs[0]).toMatchObject({ shape: ['batch', 2], activation: 'sigmoid' });
});
