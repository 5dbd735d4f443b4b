/** Figures about predictions. Every statement here reads a bounded number of rows, however many there are. */
import type { Database } from './database.js';

/** What ended, or came, within one bucket of time, which begins at `at` (Unix seconds). */
export interface EndedBucket {
  readonly at: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly batchSize: number | null;
}

export interface Movement {
  readonly at: number;
  readonly model: string;
  readonly count: number;
}

export interface FailureCount {
  readonly at: number;
  readonly code: number;
  readonly count: number;
}

/** All that happened since some time, in buckets, by the database's clock. */
export interface Activity {
  readonly ended: readonly EndedBucket[];
  /** Predictions that ended, whichever way. */
  readonly left: readonly Movement[];
  readonly came: readonly Movement[];
  readonly failures: readonly FailureCount[];
  /** Unfinished now, by model. */
  readonly unfinished: readonly { readonly model: string; readonly count: number }[];
}

/** Median and 95th percentile, milliseconds; null: nothing was measured. */
export type Percentiles = readonly [median: number, p95: number] | null;

/** What became of the predictions of a version, or of all versions of a model, that were looked at. */
export interface RecentFigures {
  readonly ended: number;
  readonly succeeded: number;
  readonly failed: number;
  /** From acceptance until a worker took it. */
  readonly waitMs: Percentiles;
  readonly inferenceMs: Percentiles;
  /** From acceptance to the written result. */
  readonly totalMs: Percentiles;
  readonly reportedWrong: number;
}

export interface RecentOfVersion extends RecentFigures {
  readonly version: string;
}

export interface RecentOfModel extends RecentFigures {
  /** All there are, counted up to a limit. */
  readonly predictions: number;
  /** By version, those with most predictions first. */
  readonly versions: readonly RecentOfVersion[];
}

const BUCKET = (column: string) => `(floor(extract(epoch FROM ${column}) / $2) * $2)::int`;
const TOTAL_MS = 'extract(epoch FROM completed_at - created_at)::float8 * 1000';

// A batch of n tells its size n times, so the mean over batches is the harmonic one over predictions.
const ENDED = `
  SELECT ${BUCKET('completed_at')} AS at,
    count(*) FILTER (WHERE ended = 'succeeded')::int AS succeeded,
    count(*) FILTER (WHERE ended = 'failed')::int AS failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ${TOTAL_MS}) FILTER (WHERE ended = 'succeeded') AS "medianMs",
    percentile_cont(0.95) WITHIN GROUP (ORDER BY ${TOTAL_MS}) FILTER (WHERE ended = 'succeeded') AS "p95Ms",
    count(nullif(batch_size, 0)) / sum(1.0::float8 / nullif(batch_size, 0)) AS "batchSize"
  FROM predictions WHERE completed_at >= to_timestamp($1) GROUP BY 1`;
const LEFT = `
  SELECT ${BUCKET('completed_at')} AS at, model, count(*)::int AS count
  FROM predictions WHERE completed_at >= to_timestamp($1) GROUP BY 1, 2`;
const CAME = `
  SELECT ${BUCKET('created_at')} AS at, model, count(*)::int AS count
  FROM predictions WHERE created_at >= to_timestamp($1) GROUP BY 1, 2`;
const FAILURES = `
  SELECT ${BUCKET('completed_at')} AS at, code::int, count(*)::int AS count
  FROM predictions WHERE completed_at >= to_timestamp($1) AND ended = 'failed' GROUP BY 1, 2`;
const UNFINISHED = 'SELECT model, count(*)::int AS count FROM predictions WHERE ended IS NULL GROUP BY model';
const NOW = 'SELECT extract(epoch FROM clock_timestamp())::float8 AS now';

const PERCENTILES = (column: string) =>
  `percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ${column}) FILTER (WHERE ended = 'succeeded' AND ${column} IS NOT NULL)`;

// The row without a version is about all of them; ROLLUP gives it even where there is no prediction.
const RECENT = `
  WITH newest AS (
    SELECT id, ended, model_version AS version, ${TOTAL_MS} AS total_ms, inference_ms::float8 AS inference_ms,
      CASE WHEN NOT cached THEN extract(epoch FROM started_at - created_at)::float8 * 1000 END AS wait_ms
    FROM predictions WHERE model = $1 ORDER BY created_at DESC, id DESC LIMIT $2
  )
  SELECT version, (SELECT count(*)::int FROM (SELECT 1 FROM predictions WHERE model = $1 LIMIT $3) counted) AS predictions,
    count(*) FILTER (WHERE ended IS NOT NULL)::int AS ended,
    count(*) FILTER (WHERE ended = 'succeeded')::int AS succeeded,
    count(*) FILTER (WHERE ended = 'failed')::int AS failed,
    ${PERCENTILES('wait_ms')} AS "waitMs",
    ${PERCENTILES('inference_ms')} AS "inferenceMs",
    ${PERCENTILES('total_ms')} AS "totalMs",
    count(f.prediction_id) FILTER (WHERE ended = 'succeeded')::int AS "reportedWrong"
  FROM newest LEFT JOIN feedback f ON f.prediction_id = newest.id AND f.wrong
  GROUP BY ROLLUP (version) ORDER BY version IS NOT NULL, 3 DESC, version`;
const AHEAD = `
  SELECT count(*)::int AS ahead FROM (
    SELECT 1 FROM predictions other
    WHERE other.ended IS NULL AND other.started_at IS NULL AND other.model = mine.model
      AND (other.created_at, other.id) < (mine.created_at, mine.id) LIMIT $2
  ) before`;
const POSITION = `
  SELECT (${AHEAD}) AS ahead FROM predictions mine
  WHERE mine.id = $1 AND mine.ended IS NULL AND mine.started_at IS NULL`;

export class StatisticsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The database's clock, Unix seconds: the one that all times of predictions are from. */
  async now(): Promise<number> {
    const [row] = await this.#database.run<{ now: number }>('statistics_now', NOW, []);
    return row?.now ?? 0;
  }

  /**
   * What happened since a time.
   * @param since Unix seconds, by the database's clock
   * @param bucketS length of a bucket, seconds
   */
  async activity(since: number, bucketS: number): Promise<Activity> {
    const values = [since, bucketS];
    const [unfinished, ended, left, came, failures] = await Promise.all([
      this.#database.run<{ model: string; count: number }>('statistics_unfinished', UNFINISHED, []),
      this.#database.run<EndedBucket>('statistics_ended', ENDED, values),
      this.#database.run<Movement>('statistics_left', LEFT, values),
      this.#database.run<Movement>('statistics_came', CAME, values),
      this.#database.run<FailureCount>('statistics_failures', FAILURES, values),
    ]);
    return { unfinished, ended, left, came, failures };
  }

  /**
   * How a model did lately.
   * @param newest how many of its newest predictions are looked at
   * @param countTo how far all are counted
   */
  async ofModel(model: string, newest: number, countTo: number): Promise<RecentOfModel> {
    type Row = RecentOfVersion & { readonly predictions: number };
    const rows = await this.#database.run<Row>('statistics_of_model', RECENT, [model, newest, countTo]);
    const [all, ...versions] = rows as [Row, ...Row[]]; // ROLLUP always gives the first
    return { ...all, versions };
  }

  /** How many of the same model came before a queued prediction, counted up to `most`; null: it is not queued. */
  async ahead(id: string, most: number): Promise<number | null> {
    const [row] = await this.#database.run<{ ahead: number }>('statistics_ahead', POSITION, [id, most]);
    return row?.ahead ?? null;
  }
}
