/** Activations by name and as layers, against their formulas, and what earlier versions of Keras computed otherwise. */
import { alongLast, map } from '../../helpers/keras/compute.js';
import { ACTIVATIONS, softmax } from '../../helpers/keras/formulas.js';
import { errorWith, one } from '../../helpers/keras/one-layer.js';
import type { Recorder, Tensor } from '../../helpers/keras/recorder.js';

const CLOSE = 1e-5;

test.each(Object.keys(ACTIVATIONS))('the activation %s', async (name) => {
  expect(await errorWith((k, x) => k.activation(k.rescale(x, 4), name))).toBeLessThan(CLOSE);
});

test('hard_sigmoid rises by a fifth in Keras 2 and by a sixth in Keras 3', async () => {
  const hard = (k: Recorder, x: Tensor) =>
    k.add('Activation', [x], (values) => map(one(values), (v) => Math.min(Math.max(v * 0.2 + 0.5, 0), 1)), {
      config: { activation: 'hard_sigmoid' },
    });
  expect(await errorWith(hard, { version: 2 })).toBeLessThan(CLOSE);
  expect(await errorWith(hard, { version: 3 })).toBeGreaterThan(0.01);
});

type Formula = (value: number) => number;
const elementwise: [string, string, Record<string, unknown>, Formula][] = [
  [
    'ReLU with all its settings',
    'ReLU',
    { max_value: 0.8, negative_slope: 0.1, threshold: 0.3 },
    (v) => (v >= 0.3 ? Math.min(v, 0.8) : 0.1 * (v - 0.3)),
  ],
  ['LeakyReLU of Keras 3', 'LeakyReLU', { negative_slope: 0.07 }, (v) => (v > 0 ? v : 0.07 * v)],
  ['LeakyReLU of Keras 2', 'LeakyReLU', { alpha: 0.09 }, (v) => (v > 0 ? v : 0.09 * v)],
  ['ELU', 'ELU', { alpha: 0.5 }, (v) => (v > 0 ? v : 0.5 * Math.expm1(v))],
  [
    'an activation that is a layer',
    'Activation',
    { activation: { class_name: 'LeakyReLU', config: { alpha: 0.2 } } },
    (v) => (v > 0 ? v : 0.2 * v),
  ],
  [
    'an activation that is wrapped',
    'Activation',
    {
      activation: {
        module: 'builtins',
        class_name: 'function',
        config: 'relu6',
        registered_name: 'function',
      },
    },
    (v) => Math.min(Math.max(v, 0), 6),
  ],
  ['random layers, which do nothing', 'RandomFlip', { mode: 'horizontal' }, (v) => v],
  ['GaussianNoise, which does nothing', 'GaussianNoise', { stddev: 0.1 }, (v) => v],
];

test.each(elementwise)('%s', async (_, className, config, formula) => {
  expect(
    await errorWith((k, x) => k.add(className, [x], (values) => map(one(values), formula), { config })),
  ).toBeLessThan(CLOSE);
});

test('settings that are wrapped as arrays, as Keras 2.2 wrote them', async () => {
  const wrapped = (value: number) => ({ type: 'ndarray', value });
  const layer = (k: Recorder, x: Tensor) => {
    const capped = k.add('ReLU', [x], (values) => map(one(values), (v) => Math.min(Math.max(v, 0), 0.5)), {
      config: { max_value: wrapped(0.5) },
    });
    return k.add(
      'LeakyReLU',
      [k.rescale(capped, 1, -0.2)],
      (values) => map(one(values), (v) => (v > 0 ? v : 0.15 * v)),
      {
        config: { alpha: wrapped(0.15) },
      },
    );
  };
  expect(await errorWith(layer, { version: 2 })).toBeLessThan(CLOSE);
});

test('softmax runs over the axis that Keras means, on images too', async () => {
  const layer = (k: Recorder, x: Tensor) =>
    k.add('Softmax', [k.conv(x, 3, 1)], (values) => alongLast(one(values), softmax), {
      config: { axis: -1 },
    });
  expect(await errorWith(layer)).toBeLessThan(CLOSE);
});

test('PReLU with slopes of its own for each position, or shared', async () => {
  for (const shape of [
    [5, 6, 4],
    [1, 1, 4],
  ]) {
    const layer = (k: Recorder, x: Tensor) => {
      const alpha = k.weight('alpha', shape);
      const slope = (index: number) => alpha.data[index % alpha.data.length] as number;
      return k.add(
        'PReLU',
        [k.conv(x, 4, 3)],
        (values) => map(one(values), (v, i) => (v > 0 ? v : v * slope(i))),
        {
          weights: [alpha],
          config: { shared_axes: shape[0] === 1 ? [1, 2] : null },
        },
      );
    };
    expect(await errorWith(layer)).toBeLessThan(CLOSE);
  }
});
