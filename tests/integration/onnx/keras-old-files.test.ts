/** What files of early versions look like. */
import type * as h5wasm from 'h5wasm';
import { Recorder } from '../../helpers/keras/recorder.js';
import { errorOf } from '../../helpers/keras/run.js';
import { hdf5, writeTexts } from '../../helpers/keras/write.js';

const CLOSE = 1e-5;

test('a file of Keras 1, with its names for settings and weights', async () => {
  const k = new Recorder('first');
  const input = k.input([8, 8, 3], 'in');
  const pooled = k.pool(
    k.conv(input, 4, 3, { bias: true, activation: 'relu', padding: 'valid', name: 'convolution2d_1' }),
    'Max',
    2,
    2,
  );
  k.outputs = [k.dense(k.flatten(pooled), 3, 'softmax', 'dense_1')];
  const [, conv, , , dense] = k.layers;
  const config = [
    {
      class_name: 'Convolution2D',
      config: {
        name: 'convolution2d_1',
        nb_filter: 4,
        nb_row: 3,
        nb_col: 3,
        border_mode: 'valid',
        subsample: [1, 1],
        dim_ordering: 'tf',
        activation: 'relu',
        bias: true,
        batch_input_shape: [null, 8, 8, 3],
      },
    },
    {
      class_name: 'MaxPooling2D',
      config: {
        name: 'maxpooling2d_1',
        pool_size: [2, 2],
        strides: [2, 2],
        border_mode: 'valid',
        dim_ordering: 'tf',
      },
    },
    { class_name: 'Dropout', config: { name: 'dropout_1', p: 0.5 } },
    { class_name: 'Flatten', config: { name: 'flatten_1' } },
    { class_name: 'Dense', config: { name: 'dense_1', output_dim: 3, activation: 'softmax', bias: true } },
  ];
  const bytes = await hdf5((file) => {
    file.create_attribute('model_config', JSON.stringify({ class_name: 'Sequential', config }), null, 'S');
    file.create_attribute('keras_version', '1.2.2');
    const root = file.create_group('model_weights') as h5wasm.Group;
    for (const layer of [conv, dense]) {
      const name = layer?.config.name as string;
      const group = root.create_group(name) as h5wasm.Group;
      writeTexts(group, 'weight_names', [`${name}_W`, `${name}_b`]);
      for (const [index, { data, shape }] of (layer?.weights ?? []).entries())
        group.create_dataset({ name: `${name}_${'Wb'[index]}`, data, shape: [...shape], dtype: '<f4' });
    }
  });
  const { error, report } = await errorOf(k, 'model.hdf5', bytes);
  expect(error).toBeLessThan(CLOSE);
  expect(report.dialect).toBe('Keras 1.2.2 (HDF5)');
});

test('a list of names too long for one attribute is parted, and read in parts', async () => {
  const k = new Recorder('parted');
  k.outputs = [k.dense(k.flatten(k.input([2, 2, 1])), 2, 'linear', 'head')];
  const layers = [
    { class_name: 'Flatten', config: { name: 'flatten', batch_input_shape: [null, 2, 2, 1] } },
    { class_name: 'Dense', config: { name: 'head', units: 2 } },
  ];
  const bytes = await hdf5((file) => {
    const config = { class_name: 'Sequential', config: { name: 'parted', layers } };
    file.create_attribute('model_config', JSON.stringify(config), null, 'S');
    const root = file.create_group('model_weights') as h5wasm.Group;
    const group = root.create_group('head') as h5wasm.Group;
    writeTexts(group, 'weight_names0', ['head/kernel:0']);
    writeTexts(group, 'weight_names1', ['head/bias:0']);
    const inner = group.create_group('head') as h5wasm.Group;
    for (const { name, data, shape } of k.layers.at(-1)?.weights ?? [])
      inner.create_dataset({ name: `${name}:0`, data, shape: [...shape], dtype: '<f4' });
  });
  expect((await errorOf(k, 'model.h5', bytes)).error).toBeLessThan(CLOSE);
});
