/**
 * The process of the bare loop: no HTTP, no queue, no database. One inference thread per CPU.
 * Arguments: number of threads, model folder, then the images' files. Orders come over Node's channel.
 */
import '@scry/worker/inference/no-telemetry';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LimitAnswer, LimitOrder, LimitThreadData } from './limit-thread.js';

const [threadCount, modelFolder, ...images] = process.argv.slice(2);
const threads: Worker[] = [];
for (let index = 0; index < Number(threadCount); index++) {
  const workerData: LimitThreadData = { modelFolder: modelFolder as string, images };
  const thread = new Worker(new URL('./limit-thread.js', import.meta.url), { workerData });
  await once(thread, 'message');
  threads.push(thread);
}

async function tell(thread: Worker, order: LimitOrder): Promise<LimitAnswer> {
  const answer = once(thread, 'message');
  thread.postMessage(order);
  return ((await answer) as [LimitAnswer])[0];
}

process.on('message', (order: LimitOrder) => {
  const asked = order.kind === 'loop' ? threads : threads.slice(0, 1);
  void Promise.all(asked.map((thread) => tell(thread, order))).then((answers) => {
    process.send?.({
      finished: answers.reduce((sum, answer) => sum + answer.finished, 0),
      decodeMs: answers.flatMap((answer) => answer.decodeMs),
      inferenceMs: answers.flatMap((answer) => answer.inferenceMs),
    } satisfies LimitAnswer);
  });
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.send?.('ready');
