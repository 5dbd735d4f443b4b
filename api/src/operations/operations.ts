/**
 * The operators' figures: what happened in the last minutes, bucket by bucket. Owns the buckets that were read; a
 * reading adds only what is newer, and clients that ask within a second share one.
 *
 * How many were unfinished at a bucket's end is not sampled but reckoned back from now: less what came, plus what
 * ended since. So the charts are full at once, and nothing runs while nobody looks.
 */

import type { Bucket, Operations } from '@scry/shared/contracts/statistics';
import type { Activity, EndedBucket, StatisticsStore } from '@scry/shared/database/statistics';
import type { LiveWorker } from '@scry/shared/database/workers';
import { Memo } from '@scry/shared/runtime/memo';
import { withoutFolders } from '../models/public-text.js';

export const BUCKET_S = 2;
const BUCKETS = 150;
const WINDOW_S = BUCKET_S * BUCKETS;
/** A statement's own time lies a moment before its commit: the newest buckets are read again. */
const OVERLAP_S = 2 * BUCKET_S;
const FRESH_MS = 1000;

/** What is kept of one bucket. */
interface Kept {
  ended: EndedBucket | null;
  /** By model: what came less what ended. */
  readonly growth: Map<string, number>;
  readonly failures: Map<number, number>;
}

const beginning = (seconds: number) => Math.floor(seconds / BUCKET_S) * BUCKET_S;

/** Puts a reading over what was kept: its buckets, from `since` on, replace theirs. */
export function mergeActivity(kept: Map<number, Kept>, activity: Activity, since: number, now: number): void {
  for (const at of [...kept.keys()]) if (at >= since || at < beginning(now) - WINDOW_S) kept.delete(at);
  const bucket = (at: number): Kept => {
    const found = kept.get(at) ?? { ended: null, growth: new Map(), failures: new Map() };
    kept.set(at, found);
    return found;
  };
  const grow = (sign: 1 | -1) => (movement: Activity['came'][number]) => {
    const { growth } = bucket(movement.at);
    growth.set(movement.model, (growth.get(movement.model) ?? 0) + sign * movement.count);
  };
  for (const ended of activity.ended) bucket(ended.at).ended = ended;
  for (const { at, code, count } of activity.failures) bucket(at).failures.set(code, count);
  activity.came.forEach(grow(1));
  activity.left.forEach(grow(-1));
}

/** Whole buckets, oldest first, without gaps; the one that is still filling is left out. */
export function bucketsOf(
  kept: ReadonlyMap<number, Kept>,
  unfinishedNow: Activity['unfinished'],
  now: number,
): Bucket[] {
  const current = beginning(now);
  const unfinished = new Map(unfinishedNow.map(({ model, count }) => [model, count]));
  const buckets: Bucket[] = [];
  for (let at = current; at > current - WINDOW_S; at -= BUCKET_S) {
    for (const [model, growth] of kept.get(at)?.growth ?? [])
      unfinished.set(model, Math.max(0, (unfinished.get(model) ?? 0) - growth));
    const ended = kept.get(at - BUCKET_S)?.ended;
    buckets.push({
      at: at - BUCKET_S,
      succeeded: ended?.succeeded ?? 0,
      failed: ended?.failed ?? 0,
      median_ms: ended?.medianMs ?? null,
      p95_ms: ended?.p95Ms ?? null,
      batch_size: ended?.batchSize ?? null,
      unfinished: Object.fromEntries(unfinished),
    });
  }
  return buckets.reverse();
}

function failuresOf(kept: ReadonlyMap<number, Kept>): Operations['failures'] {
  const sums = new Map<number, number>();
  for (const { failures } of kept.values())
    for (const [code, count] of failures) sums.set(code, (sums.get(code) ?? 0) + count);
  return [...sums].map(([code, count]) => ({ code, count })).sort((one, other) => one.code - other.code);
}

function workerView(worker: LiveWorker, now: number) {
  const { id, host, startedAt, roles, training, models, problems, queueProblem } = worker;
  const up_s = Math.max(0, now - startedAt.getTime() / 1000);
  return {
    ...{ id, host, up_s, roles, training, models: [...models] },
    problems: problems.map(({ name, message }) => ({ name, message: withoutFolders(message) })),
    queue_problem: queueProblem,
  };
}

export class OperationsMonitor {
  readonly #statistics: StatisticsStore;
  readonly #workers: () => Promise<readonly LiveWorker[]>;
  readonly #queues: () => Operations['queues'];
  readonly #kept = new Map<number, Kept>();
  readonly #closing = new AbortController();
  #readUntil = 0;
  readonly #figures = new Memo<Operations>({ ask: (before) => this.#read(before), freshMs: FRESH_MS });

  constructor(
    statistics: StatisticsStore,
    workers: () => Promise<readonly LiveWorker[]>,
    queues: () => Operations['queues'],
  ) {
    this.#statistics = statistics;
    this.#workers = workers;
    this.#queues = queues;
  }

  /** Fires when whoever streams should end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** How things are, at most a second old. @throws what the database says */
  snapshot(): Promise<Operations> {
    return this.#figures.get();
  }

  close(): void {
    this.#closing.abort();
  }

  /** One reading at a time: each goes on where the one before ended. */
  async #read(before: Promise<Operations> | null): Promise<Operations> {
    await before?.catch(() => null); // its failure was told to whoever asked for it; this reading begins again
    const now = await this.#statistics.now();
    const since = Math.max(beginning(now) - WINDOW_S, this.#readUntil - OVERLAP_S);
    const [activity, workers] = await Promise.all([
      this.#statistics.activity(since, BUCKET_S),
      this.#workers(),
    ]);
    mergeActivity(this.#kept, activity, since, now);
    this.#readUntil = beginning(now);
    return {
      at: Math.floor(now),
      bucket_s: BUCKET_S,
      buckets: bucketsOf(this.#kept, activity.unfinished, now),
      failures: failuresOf(this.#kept),
      unfinished: Object.fromEntries(activity.unfinished.map(({ model, count }) => [model, count])),
      queues: this.#queues(),
      workers: workers.map((worker) => workerView(worker, now)),
    };
  }
}
