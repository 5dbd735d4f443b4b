/** Listing predictions: what may be asked, and the statement for it. */
import { PREDICTION_COLUMNS, type Prediction } from './prediction-row.js';

export interface ListFilter {
  readonly model?: string | undefined;
  readonly status?: string | undefined;
  /** The most confident class. */
  readonly label?: string | undefined;
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
