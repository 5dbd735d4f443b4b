/**
 * A simulated device for pool tests. The red of an image's first pixel says what its batch does:
 * 1 throws, 2 never returns, 3 ends the thread, 4 keeps the thread busy for 300 ms. Any other is class 0.
 */
const BUSY_MS = 300;

const ACTS = {
  1: () => {
    throw new Error('the simulated device failed');
  },
  2: () => {
    for (;;);
  },
  3: () => process.exit(7),
  4: () => {
    const end = performance.now() + BUSY_MS;
    while (performance.now() < end);
  },
};

/** What loading a model does, as its description says. */
const LOADS = {
  'hangs while it loads': () => {
    for (;;);
  },
  'ends its thread while it loads': () => process.exit(7),
};

export const engine = {
  name: 'onnx',
  load: async (model) => {
    LOADS[model.description]?.();
    if (model.description === 'fails to load') throw new Error(`${model.file} is not for this device`);
    return {
      device: 'cuda',
      runtime: 'simulated',
      input: { name: 'image', dims: [null, 3, 2, 2], type: 'uint8' },
      outputs: ['probabilities'],
      run: async (input, [batch]) => {
        for (let image = 0; image < batch; image++) ACTS[input[image * 12]]?.();
        return new Map([
          [
            'probabilities',
            { dims: [batch, 2], data: Float32Array.from({ length: batch * 2 }, (_, at) => 1 - (at % 2)) },
          ],
        ]);
      },
      dispose: async () => {},
    };
  },
};
