/**
 * The real ONNX engine, except for models whose description says what loading them does: "crashes", "hangs" or "eats memory" in
 * the process that checks them; "waits for FILE" in a worker, which writes FILE.<pid> and goes on once there is FILE.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { engine as onnx } from '../../../worker/dist/inference/engines/onnx.js';

const held = [];

const IN_CHECK = {
  crashes: () => process.kill(process.pid, 'SIGSEGV'),
  hangs: () => {
    for (;;);
  },
  'eats memory': async () => {
    for (;;) {
      held.push(Buffer.alloc(16 << 20, 1));
      await sleep(1);
    }
  },
};

async function waitFor(file) {
  writeFileSync(`${file}.${process.pid}`, '');
  while (!existsSync(file)) await sleep(20);
}

export const engine = {
  ...onnx,
  load: async (model, ...rest) => {
    if (isMainThread) await IN_CHECK[model.description]?.();
    else if (model.description?.startsWith('waits for '))
      await waitFor(model.description.slice('waits for '.length));
    return onnx.load(model, ...rest);
  },
};
