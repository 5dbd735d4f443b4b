/** Makes batches of a training in a thread of its own: images are changed and written as the network takes them. */
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import { type BatchSetup, type BatchTask, fillBatch } from './batch.js';

export default function makeBatch(task: BatchTask): Float32Array {
  const batch = fillBatch(workerData as BatchSetup, task);
  const moved = { [transferableSymbol]: [batch.buffer], [valueSymbol]: batch };
  return move(moved as never) as unknown as Float32Array; // arrives as the batch, not copied
}
