/**
 * An engine that ends its whole process, as a fault in native code would, when an image's first pixel is pure red;
 * it throws when that is pure green; it never returns when that is pure blue. Any other image is class 0.
 */
const FAULTS = {
  '255,0,0': () => process.kill(process.pid, 'SIGKILL'),
  '0,255,0': () => {
    throw new Error('the simulated device failed');
  },
  '0,0,255': () => {
    for (;;);
  },
};

const PIXELS = 32 * 32;
/** Undoes the manifest's scale; good enough to tell 0 from 255. */
const byte = (value) => (value > 0.5 ? 255 : 0);

export const engine = {
  name: 'onnx',
  load: async () => ({
    device: 'cuda',
    runtime: 'simulated',
    input: { name: 'image', dims: [null, 3, 32, 32], type: 'float32' },
    outputs: ['probabilities'],
    run: async (input, dims) => {
      const data = new Float32Array(dims[0] * 10);
      for (let image = 0; image < dims[0]; image++) {
        const first = image * 3 * PIXELS;
        const pixel = [0, 1, 2].map((channel) => byte(input[first + channel * PIXELS]));
        FAULTS[pixel.join(',')]?.();
        data[image * 10] = 1;
      }
      return new Map([['probabilities', { dims: [dims[0], 10], data }]]);
    },
    dispose: async () => {},
  }),
};
