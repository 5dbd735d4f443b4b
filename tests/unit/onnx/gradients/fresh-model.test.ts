/** Networks from a Keras config with fresh weights, ready to be trained. */

import { lastBlocks } from '@scry/onnx/gradients/model/blocks';
import { trainingStep } from '@scry/onnx/gradients/step/training-step';
import { runtimeOf } from '@scry/onnx/gradients/trainer/runtime';
import { Trainer } from '@scry/onnx/gradients/trainer/trainer';
import { writeGraph } from '@scry/onnx/graph/file';
import { freshKerasModel } from '@scry/onnx/keras/fresh-model';
import * as ort from 'onnxruntime-node';

const layer = (class_name: string, name: string, config: object = {}) => ({
  class_name,
  config: { name, ...config },
});
const CONFIG = {
  class_name: 'Sequential',
  config: {
    name: 'three',
    layers: [
      layer('InputLayer', 'input', { batch_shape: [null, 12, 12, 3] }),
      layer('Conv2D', 'conv', {
        filters: 8,
        kernel_size: [3, 3],
        activation: 'relu',
        kernel_initializer: 'he_normal',
      }),
      layer('BatchNormalization', 'norm'),
      layer('DepthwiseConv2D', 'depthwise', { kernel_size: [3, 3], padding: 'same' }),
      layer('MaxPooling2D', 'pool', { pool_size: [2, 2] }),
      layer('Flatten', 'flatten'),
      layer('Dropout', 'dropout', { rate: 0.5 }),
      layer('Dense', 'dense', { units: 4, activation: 'softmax' }),
    ],
  },
};

test('a network from a config has weights by the seed and can be trained', async () => {
  const { graph, report } = freshKerasModel(JSON.stringify(CONFIG), 1);
  expect(report.parameters).toBe(3 * 72 + 8 + 4 * 8 + 72 + 8 + 200 * 4 + 4);
  expect(writeGraph(freshKerasModel(CONFIG, 1).graph)).toEqual(writeGraph(graph));
  expect(writeGraph(freshKerasModel(CONFIG, 2).graph)).not.toEqual(writeGraph(graph));
  const step = trainingStep(graph, {
    trainable: lastBlocks(graph, 'all'),
    optimizer: { kind: 'adam' },
    batchNormalization: 'train',
  });
  expect(step.masks.map(({ rate }) => rate)).toEqual([0.5]);
  const trainer = await Trainer.create(step, runtimeOf(ort, { intraOpNumThreads: 1 }), 1);
  const images = Float32Array.from({ length: 8 * 432 }, (_, at) => Math.sin(at * (1 + Math.floor(at / 432))));
  const batch = { images, targets: [0, 1, 2, 3, 0, 1, 2, 3] };
  const first = await trainer.train(batch, 0.01);
  for (let count = 0; count < 15; count += 1) await trainer.train(batch, 0.01);
  const last = await trainer.train(batch, 0.01);
  await trainer.release();
  expect(last.loss).toBeLessThan(first.loss / 2);
});

test('weights are spread as their initializer says', () => {
  const { graph } = freshKerasModel(CONFIG, 1);
  const kernel = [...graph.initializers].find(([name]) => name.startsWith('conv/'))?.[1];
  const values = Array.from(kernel?.data as Float32Array);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  expect(deviation).toBeGreaterThan(0.85 * Math.sqrt(2 / 27));
  expect(deviation).toBeLessThan(1.15 * Math.sqrt(2 / 27));
});

test('an unknown initializer, layer or text is refused by name', () => {
  const withLayer = (extra: object) => ({
    ...CONFIG,
    config: { ...CONFIG.config, layers: [CONFIG.config.layers[0], extra] },
  });
  const odd = layer('Dense', 'odd', { units: 2, kernel_initializer: 'orthogonal' });
  expect(() => freshKerasModel(withLayer(odd), 1)).toThrow(
    '"odd" of the class "Dense" has the initializer "orthogonal"',
  );
  expect(() => freshKerasModel(withLayer(layer('Magic', 'spell')), 1)).toThrow('"spell"');
  expect(() => freshKerasModel('{', 1)).toThrow('not JSON');
});

test('layers that begin alike learn apart: no two share weights', () => {
  const block = (name: string) => [
    layer('Conv2D', `${name}_conv`, { filters: 8, kernel_size: [3, 3], padding: 'same' }),
    layer('BatchNormalization', `${name}_norm`),
  ];
  const input = layer('InputLayer', 'input', { batch_shape: [null, 12, 12, 3] });
  const config = { name: 'two', layers: [input, ...block('first'), ...block('second')] };
  const { graph } = freshKerasModel({ class_name: 'Sequential', config }, 1);
  const weights = graph.nodes
    .filter(({ op }) => op === 'Conv' || op === 'BatchNormalization')
    .flatMap(({ inputs }) => inputs.slice(1));
  expect(weights).toHaveLength(12);
  expect(new Set(weights).size).toBe(12);
});
