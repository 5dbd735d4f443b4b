/** Listing predictions: what may be asked, and the statement for it. */
import { PREDICTION_COLUMNS, type Prediction } from './prediction-row.js';

export interface ListFilter {
  readonly model?: string | undefined;
  readonly status?: string | undefined;
  /** The most confident class. */
  readonly label?: string | undefined;
  /** Of a failure. */
  readonly code?: number | undefined;
  /** Leaves out failures that were tried again. */
  readonly notRetried?: boolean | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Last row of the page before. */
  readonly after?: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

export interface Page {
  readonly items: readonly Prediction[];
  /** Where the next page begins, or null at the end. `createdAt` keeps the microseconds that a Date would lose. */
  readonly next: { readonly createdAt: string; readonly id: string } | null;
}

/** Which answers are looked through for those that a model is least sure of. */
export interface UnsureFilter {
  readonly model: string;
  readonly version?: string | undefined;
  /** Images of this data set are left out. */
  readonly dataset?: string | undefined;
  /** How many of the newest answers are looked at. */
  readonly newest: number;
  readonly limit: number;
}

const UNSURE = `
  WITH newest AS (
    SELECT id, image_sha256, created_at, (output->'predictions'->0->>'confidence')::float8 AS confidence FROM predictions
    WHERE model = $1 AND ended = 'succeeded' AND ($2::text IS NULL OR model_version = $2)
    ORDER BY created_at DESC, id DESC LIMIT $3
  ), images AS (
    SELECT DISTINCT ON (image_sha256) id, confidence FROM newest
    WHERE confidence IS NOT NULL
      AND NOT EXISTS (SELECT FROM feedback f WHERE f.prediction_id = newest.id AND f.label IS NOT NULL)
      AND NOT EXISTS (
        SELECT FROM dataset_items i WHERE i.dataset_id = $4 AND i.image_sha256 = newest.image_sha256)
    ORDER BY image_sha256, created_at DESC
  ), chosen AS (SELECT id, confidence FROM images ORDER BY confidence, id LIMIT $5)
  SELECT ${PREDICTION_COLUMNS} FROM chosen JOIN predictions USING (id) ORDER BY chosen.confidence, id`;

/**
 * The statement for the answers with the lowest confidence of their best class, each image once. Answers that somebody gave
 * the right label for are left out.
 */
export function unsureStatement(filter: UnsureFilter): { text: string; values: unknown[] } {
  const { model, version = null, dataset = null, newest, limit } = filter;
  return { text: UNSURE, values: [model, version, newest, dataset, limit] };
}
const NOT_RETRIED = 'NOT EXISTS (SELECT FROM predictions retry WHERE retry.retry_of = predictions.id)';

/** The statement for one page, and one row more to tell whether there is a next. */
export function listStatement(filter: ListFilter): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const where = (condition: (placeholder: string) => string, value: unknown) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  if (filter.model !== undefined) where((value) => `model = ${value}`, filter.model);
  if (filter.label !== undefined) where((value) => `top_class = ${value}`, filter.label);
  if (filter.since) where((value) => `created_at >= ${value}`, filter.since);
  if (filter.until) where((value) => `created_at < ${value}`, filter.until);
  if (filter.status === 'queued') conditions.push('ended IS NULL AND started_at IS NULL');
  else if (filter.status === 'processing') conditions.push('ended IS NULL AND started_at IS NOT NULL');
  else if (filter.status === 'succeeded') where((value) => `ended = ${value}`, filter.status);
  else if (filter.status !== undefined)
    where((value) => `ended = ${value} AND ended <> 'succeeded'`, filter.status);
  if (filter.code !== undefined) where((value) => `ended = 'failed' AND code = ${value}`, filter.code);
  if (filter.notRetried) conditions.push(NOT_RETRIED);
  if (filter.after) {
    values.push(filter.after.createdAt, filter.after.id);
    conditions.push(`(created_at, id) < ($${values.length - 1}::timestamptz, $${values.length})`);
  }
  values.push(filter.limit + 1);
  const text = `SELECT ${PREDICTION_COLUMNS}, created_at::text AS created_text FROM predictions
    ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
    ORDER BY created_at DESC, id DESC LIMIT $${values.length}`;
  return { text, values };
}
