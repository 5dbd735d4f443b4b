/** Whether predictions of a model can be expected to be answered. Pure, so it is tested without workers. */
import type { LiveWorker } from '@scry/shared/database/workers';

/**
 * served: a worker serves it now. expected: none does, but one did a moment ago, or no worker lives at all, as when they
 * restart. refused: workers tried and could not load it. absent: no worker has it.
 */
export type Availability =
  | { readonly state: 'served' | 'expected' | 'absent' }
  | { readonly state: 'refused'; readonly reason: string };

/** A worker that restarts is back within this time, loading its models included, seconds. */
const RESTART_S = 120;

/**
 * @param workers those that live
 * @param servedAgoS how long ago any worker last served the model, seconds; null: never
 */
export function availabilityOf(
  model: string,
  workers: readonly Pick<LiveWorker, 'models' | 'problems'>[],
  servedAgoS: number | null,
): Availability {
  if (workers.some(({ models }) => models.some(({ name }) => name === model))) return { state: 'served' };
  if (workers.length === 0 || (servedAgoS !== null && servedAgoS < RESTART_S)) return { state: 'expected' };
  const refusal = workers.flatMap(({ problems }) => problems).find(({ name }) => name === model);
  return refusal ? { state: 'refused', reason: refusal.message } : { state: 'absent' };
}

/** Why a model is not served, in a sentence. */
export function notServed(model: string, availability: Availability): string {
  return availability.state === 'refused'
    ? `No worker can load the model "${model}": ${availability.reason.replace(/\.$/, '')}.`
    : `No worker serves the model "${model}".`;
}
