/** An engine whose models hang, crash or eat memory while they load, as their labels say. */
const held = [];

const ACTS = {
  hangs: () => {
    for (;;) {
      // Never gives its thread back.
    }
  },
  crashes: () => process.kill(process.pid, 'SIGSEGV'),
  eats: async () => {
    for (;;) {
      held.push(Buffer.alloc(16 << 20, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  tells: () => {
    throw new Error(`saw ${Object.keys(process.env).sort().join(',')}`);
  },
};

export const engine = { name: 'onnx', load: (model) => ACTS[model.labels[0]]() };
