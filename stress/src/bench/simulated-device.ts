/**
 * An engine in the place of ONNX Runtime: a device whose batch of n images takes `a + b·n` milliseconds and no CPU
 * time, as a GPU's does. Its "weights" are a JSON file with a and b; its answer is the mean of each colour.
 */
import { readFile } from 'node:fs/promises';
import type { BatchData, Engine, Outputs } from '@scry/worker/inference/engines/engine';

export interface SimulatedDevice {
  /** Milliseconds that any batch takes. */
  readonly a: number;
  /** Milliseconds that each image adds. */
  readonly b: number;
}

const SIZE = 32;
const PLANE = SIZE * SIZE;
const CHANNELS = 3;

/** Blocks this thread, as a run on a device does. Exact to a tenth of a millisecond, where timers are not. */
function occupy(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function colourMeans(input: BatchData, count: number): Outputs {
  const data = new Float32Array(count * CHANNELS);
  for (let plane = 0; plane < data.length; plane++) {
    let sum = 0;
    for (let pixel = plane * PLANE; pixel < (plane + 1) * PLANE; pixel++) sum += input[pixel] ?? 0;
    data[plane] = sum / PLANE / CHANNELS;
  }
  return new Map([['probabilities', { dims: [count, CHANNELS], data }]]);
}

export const engine: Engine = {
  name: 'onnx',
  async load(model) {
    const { a, b } = JSON.parse(await readFile(model.file, 'utf8')) as SimulatedDevice;
    return {
      device: 'cuda',
      runtime: `simulated device, ${a} + ${b}·n ms`,
      input: { name: 'pixels', dims: [null, CHANNELS, SIZE, SIZE], type: 'float32' },
      outputs: ['probabilities'],
      run: async (input, [count = 1]) => {
        occupy(a + b * count);
        return colourMeans(input, count);
      },
      dispose: async () => undefined,
    };
  },
};
