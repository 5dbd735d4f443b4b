/** The feedback table: answers that people called wrong. */
import type { NewFeedback } from '../contracts/feedback.js';
import type { Database } from './database.js';

export interface Feedback {
  readonly predictionId: string;
  readonly createdAt: Date;
  readonly model: string;
  readonly modelVersion: string;
  readonly answer: string | null;
  readonly label: string | null;
  readonly comment: string | null;
}

/** A place in the list. `createdAt` is PostgreSQL's text, which keeps the microseconds. */
export interface FeedbackPlace {
  readonly createdAt: string;
  readonly id: string;
}

export interface FeedbackFilter {
  readonly model?: string | undefined;
  /** Last row of the page before. */
  readonly after?: FeedbackPlace | undefined;
  readonly limit: number;
}

const COLUMNS = `prediction_id AS "predictionId", created_at AS "createdAt", model, model_version AS "modelVersion",
  answer, label, comment`;

const RECORD = `
  INSERT INTO feedback (prediction_id, model, model_version, answer, label, comment)
  SELECT id, model, model_version, top_class, $2, $3 FROM predictions WHERE id = $1 AND ended = 'succeeded'
  ON CONFLICT (prediction_id) DO UPDATE
  SET label = excluded.label, comment = excluded.comment, created_at = excluded.created_at
  RETURNING ${COLUMNS}`;

const LIST = `
  SELECT ${COLUMNS}, created_at::text AS "createdText" FROM feedback
  WHERE ($1::text IS NULL OR model = $1)
    AND ($2::timestamptz IS NULL OR (created_at, prediction_id) < ($2::timestamptz, $3))
  ORDER BY created_at DESC, prediction_id DESC LIMIT $4`;

export class FeedbackStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Records what somebody says of an answer, instead of what was said before. @returns null: there is no answer */
  async record(predictionId: string, { label, comment }: NewFeedback): Promise<Feedback | null> {
    const values = [predictionId, label ?? null, comment ?? null];
    const [row] = await this.#database.run<Feedback>('feedback_record', RECORD, values);
    return row ?? null;
  }

  /** Newest first, by keyset. */
  async list({
    model,
    after,
    limit,
  }: FeedbackFilter): Promise<{ items: readonly Feedback[]; next: FeedbackPlace | null }> {
    const values = [model ?? null, after?.createdAt ?? null, after?.id ?? null, limit + 1];
    const rows = await this.#database.query<Feedback & { createdText: string }>(LIST, values);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, next: more ? { createdAt: last.createdText, id: last.predictionId } : null };
  }
}
