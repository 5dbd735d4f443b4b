/** Whether predictions of a version of a model can be expected to be answered. Pure, so it is tested without workers. */
import { versionKey } from '@scry/shared/contracts/version';
import type { LiveWorker } from '@scry/shared/database/workers';
import { withoutFolders } from './public-text.js';

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
 * @param key `name@version`
 * @param servedAgoS how long ago any worker last served it, seconds; null: never
 */
export function availabilityOf(
  key: string,
  workers: readonly Pick<LiveWorker, 'models' | 'problems'>[],
  servedAgoS: number | null,
): Availability {
  if (workers.some(({ models }) => models.some(({ name, version }) => versionKey(name, version) === key)))
    return { state: 'served' };
  if (workers.length === 0 || (servedAgoS !== null && servedAgoS < RESTART_S)) return { state: 'expected' };
  const refusal = workers
    .flatMap(({ problems }) => problems)
    .find(({ name, version }) => version !== undefined && versionKey(name, version) === key);
  return refusal ? { state: 'refused', reason: refusal.message } : { state: 'absent' };
}

/** Why a model is not served, in a sentence. */
export function notServed(key: string, availability: Availability): string {
  return availability.state === 'refused'
    ? `No worker can load the model "${key}": ${withoutFolders(availability.reason).replace(/\.$/, '')}.`
    : `No worker serves the model "${key}".`;
}
