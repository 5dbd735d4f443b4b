/** Whether jobs can be added and taken: the queue's part of readiness. */
import type { Serving } from '../models/serving.js';
import type { Queues } from '../predictions/create/job-producers.js';

/**
 * Resolves when jobs can be added, and when some worker can take them or none lives: workers come and go without the
 * API, which accepts predictions meanwhile.
 * @throws Error with a sentence
 */
export async function checkQueue(
  queues: Pick<Queues, 'check'>,
  serving: Pick<Serving, 'workers'>,
): Promise<void> {
  await queues.check();
  const workers = await serving.workers();
  const [first] = workers;
  if (first?.queueProblem && workers.every(({ queueProblem }) => queueProblem !== null))
    throw new Error(`No worker can take jobs. ${first.id}: ${first.queueProblem}`);
}
