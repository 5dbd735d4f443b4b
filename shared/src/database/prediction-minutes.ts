/**
 * What happened in each minute, for charts of hours and days. Summed up from the predictions that ended, once a minute is
 * over and all that ended in it is committed; then charts cost the same however many predictions there are, and stay when
 * these are removed.
 *
 * Times are kept as counts by class: class n holds those from 10^(n/20) ms on, so that a quantile is exact to 6 %.
 */
import type { Database } from './database.js';
import { COMMITTED } from './stored-files.js';

/** What is kept. */
const KEPT_DAYS = 32;
/** How far back the first run looks. */
const FIRST_DAYS = 7;
/** Summed up in one statement. */
const STEP = `interval '10 minutes'`;
const CLASSES_PER_DECADE = 20;
const MOST_CLASS = 160;
const TASK = 'minutes';

const PENDING = `
  WITH reached AS (
    SELECT greatest(
      (SELECT completed_at FROM maintenance_progress WHERE task = '${TASK}' AND completed_at <= clock_timestamp()),
      (SELECT min(completed_at) FROM predictions),
      clock_timestamp() - interval '${FIRST_DAYS} days') AS at
  ), whole AS (
    SELECT date_trunc('minute', at) AS since, date_trunc('minute', (${COMMITTED})) AS until,
      EXISTS (SELECT FROM predictions WHERE completed_at IS NOT NULL) AS are_any FROM reached
  )
  SELECT since::text, least(until, since + ${STEP})::text AS until, until <= since + ${STEP} AS last
  FROM whole WHERE are_any AND since < until`;

const CLASS = `
  CASE WHEN ended = 'succeeded' THEN greatest(0, least(${MOST_CLASS}, floor(${CLASSES_PER_DECADE} *
    log(greatest(1, extract(epoch FROM completed_at - created_at)::float8 * 1000)))))::int END`;
// A batch of n tells its size n times, so each of its predictions stands for a n-th of a batch.
const SUM_UP = `
  WITH over AS MATERIALIZED (
    SELECT date_trunc('minute', completed_at) AS at, ended, code, nullif(batch_size, 0) AS batch_size, ${CLASS} AS class
    FROM predictions WHERE completed_at >= $1::timestamptz AND completed_at < $2::timestamptz
  ), sums AS (
    SELECT at, count(*) FILTER (WHERE ended = 'succeeded') AS succeeded, count(*) FILTER (WHERE ended = 'failed') AS failed,
      count(batch_size) AS batched, coalesce(sum(1.0::float8 / batch_size), 0) AS batches
    FROM over GROUP BY at
  ), times AS (
    SELECT at, jsonb_object_agg(class, n) AS latency
    FROM (SELECT at, class, count(*) AS n FROM over WHERE class IS NOT NULL GROUP BY at, class) c GROUP BY at
  ), codes AS (
    SELECT at, jsonb_object_agg(code, n) AS failures
    FROM (SELECT at, code, count(*) AS n FROM over WHERE ended = 'failed' GROUP BY at, code) c GROUP BY at
  ), written AS (
    INSERT INTO prediction_minutes AS m (at, succeeded, failed, latency, batched, batches, failures)
    SELECT at, succeeded, failed, coalesce(latency, '{}'), batched, batches, coalesce(failures, '{}')
    FROM sums LEFT JOIN times USING (at) LEFT JOIN codes USING (at)
    ON CONFLICT (at) DO UPDATE SET succeeded = excluded.succeeded, failed = excluded.failed, latency = excluded.latency,
      batched = excluded.batched, batches = excluded.batches, failures = excluded.failures
  )
  INSERT INTO maintenance_progress (task, completed_at, id) VALUES ('${TASK}', $2::timestamptz, '')
  ON CONFLICT (task) DO UPDATE SET completed_at = excluded.completed_at`;
const SAMPLE = `
  INSERT INTO prediction_minutes (at, unfinished)
  SELECT date_trunc('minute', clock_timestamp()), coalesce(jsonb_object_agg(model, count), '{}')
  FROM (SELECT model, count(*) FROM predictions WHERE ended IS NULL GROUP BY model) waiting
  ON CONFLICT (at) DO UPDATE SET unfinished = excluded.unfinished`;
const FORGET = `DELETE FROM prediction_minutes WHERE at < clock_timestamp() - interval '${KEPT_DAYS} days'`;

/** $1: length of a bucket, seconds; $2: how many; $3: where the last one ends, Unix seconds. */
const WINDOW = `
  WITH kept AS MATERIALIZED (
    SELECT $2::int - 1 - ($3::int - 60 - extract(epoch FROM at)::int) / $1::int AS bucket, m.*
    FROM prediction_minutes m WHERE at >= to_timestamp($3::int - $1::int * $2::int) AND at < to_timestamp($3::int)
  )`;
const SUMS = `${WINDOW}
  SELECT bucket, sum(succeeded)::int AS succeeded, sum(failed)::int AS failed,
    sum(batched) / nullif(sum(batches), 0) AS "batchSize",
    (array_agg(unfinished ORDER BY at DESC))[1] AS unfinished
  FROM kept GROUP BY bucket`;
const TIMES = `${WINDOW}
  SELECT bucket, class.key::int AS class, sum(class.value::bigint)::int AS count
  FROM kept, jsonb_each_text(latency) AS class GROUP BY 1, 2 ORDER BY 1, 2`;
const FAILURES = `${WINDOW}
  SELECT code.key::int AS code, sum(code.value::bigint)::int AS count
  FROM kept, jsonb_each_text(failures) AS code GROUP BY 1 ORDER BY 1`;
const UNTIL = `SELECT extract(epoch FROM date_trunc('minute', clock_timestamp()))::int AS until`;

/** Sums of one bucket; `bucket` counts from the oldest, 0. */
export interface BucketSums {
  readonly bucket: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly batchSize: number | null;
  readonly unfinished: Readonly<Record<string, number>>;
}

export interface ClassCount {
  readonly bucket: number;
  readonly class: number;
  readonly count: number;
}

export interface MinuteSums {
  /** Where the last bucket ends, Unix seconds. */
  readonly until: number;
  readonly buckets: readonly BucketSums[];
  /** By bucket and class, in this order. */
  readonly times: readonly ClassCount[];
  readonly failures: readonly { readonly code: number; readonly count: number }[];
}

/** The middle of a class of times, milliseconds. */
export function classMs(number: number): number {
  return 10 ** ((number + 0.5) / CLASSES_PER_DECADE);
}

export class PredictionMinuteStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sums up some of the minutes that are over. @returns whether that was all */
  async sumUp(): Promise<boolean> {
    type Pending = { since: string; until: string; last: boolean };
    const [pending] = await this.#database.run<Pending>('minutes_pending', PENDING, []);
    if (!pending) return true;
    await this.#database.run('minutes_sum_up', SUM_UP, [pending.since, pending.until]);
    return pending.last;
  }

  /** Notes how many are unfinished now, and forgets what is too old. */
  async sample(): Promise<void> {
    await this.#database.run('minutes_sample', SAMPLE, []);
    await this.#database.run('minutes_forget', FORGET, []);
  }

  /** @param bucketS length of a bucket, whole minutes in seconds @param count of buckets */
  async window(bucketS: number, count: number): Promise<MinuteSums> {
    const [now] = await this.#database.run<{ until: number }>('minutes_until', UNTIL, []);
    const until = now?.until ?? 0;
    const values = [bucketS, count, until];
    const [buckets, times, failures] = await Promise.all([
      this.#database.run<BucketSums>('minutes_sums', SUMS, values),
      this.#database.run<ClassCount>('minutes_times', TIMES, values),
      this.#database.run<{ code: number; count: number }>('minutes_failures', FAILURES, values),
    ]);
    return { until, buckets, times, failures };
  }
}
