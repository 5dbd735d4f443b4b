/** Networks to begin with, as Keras would describe them. */

type Layer = readonly [kind: string, settings: Readonly<Record<string, unknown>>];

const conv = (filters: number, more: object = {}): Layer => [
  'Conv2D',
  { filters, kernel_size: [3, 3], padding: 'same', activation: 'relu', ...more },
];
const pool: Layer = ['MaxPooling2D', { pool_size: [2, 2] }];
const normalised = (filters: number): Layer[] => [
  conv(filters, { activation: 'linear', use_bias: false }),
  ['BatchNormalization', {}],
  ['Activation', { activation: 'relu' }],
];

function sequential(name: string, size: number, layers: readonly Layer[]): object {
  const input = {
    class_name: 'InputLayer',
    config: { name: 'image', batch_input_shape: [null, size, size, 3], dtype: 'float32' },
  };
  const rest = layers.map(([class_name, config], index) => ({
    class_name,
    config: { name: `${class_name.toLowerCase()}_${index}`, ...config },
  }));
  return { class_name: 'Sequential', config: { name, layers: [input, ...rest] } };
}

const answer = (classes: number, dropout: number): Layer[] => [
  ['Dropout', { rate: dropout }],
  ['Dense', { units: classes, activation: 'softmax' }],
];

/** Layers that hold each other's outputs. */
class Functional {
  readonly #layers: object[] = [];

  add(class_name: string, config: object, ...inputs: readonly string[]): string {
    const name = `${class_name.toLowerCase()}_${this.#layers.length}`;
    const inbound_nodes = inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [];
    this.#layers.push({ class_name, name, config: { name, ...config }, inbound_nodes });
    return name;
  }

  config(name: string, input: string, output: string): object {
    const ends = { input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] };
    return { class_name: 'Functional', config: { name, layers: this.#layers, ...ends } };
  }
}

function residual(size: number, classes: number): object {
  const net = new Functional();
  const block = (from: string, filters: number, stride: number) => {
    const convolve = (input: string, strides: number, kernel = 3) => {
      const settings = { filters, kernel_size: [kernel, kernel], strides: [strides, strides] };
      const made = net.add('Conv2D', { ...settings, padding: 'same', use_bias: false }, input);
      return net.add('BatchNormalization', {}, made);
    };
    const first = net.add('Activation', { activation: 'relu' }, convolve(from, stride));
    const second = convolve(first, 1);
    const beside = stride === 1 ? from : convolve(from, stride, 1);
    return net.add('Activation', { activation: 'relu' }, net.add('Add', {}, second, beside));
  };
  const input = net.add('InputLayer', { batch_input_shape: [null, size, size, 3], dtype: 'float32' });
  const start = net.add(
    'Conv2D',
    { filters: 16, kernel_size: [3, 3], padding: 'same', use_bias: false },
    input,
  );
  let value = net.add('Activation', { activation: 'relu' }, net.add('BatchNormalization', {}, start));
  for (const [filters, stride] of [
    [16, 1],
    [32, 2],
    [64, 2],
    [128, 2],
  ] as const)
    value = block(value, filters, stride);
  const pooled = net.add('GlobalAveragePooling2D', {}, value);
  const dropped = net.add('Dropout', { rate: 0.2 }, pooled);
  return net.config('residual', input, net.add('Dense', { units: classes, activation: 'softmax' }, dropped));
}

/**
 * A preset as a Keras config.
 * @param size width and height of the images @param classes how many answers there are
 */
export function presetNetwork(
  preset: 'small' | 'medium' | 'residual',
  size: number,
  classes: number,
): object {
  if (preset === 'residual') return residual(size, classes);
  if (preset === 'small')
    return sequential('small', size, [
      ...[16, 32, 64].flatMap((filters) => [conv(filters), pool]),
      ['Flatten', {}],
      ...answer(classes, 0.5),
    ]);
  return sequential('medium', size, [
    ...[32, 64, 128].flatMap((filters) => [...normalised(filters), ...normalised(filters), pool]),
    ['GlobalAveragePooling2D', {}],
    ...answer(classes, 0.3),
  ]);
}
