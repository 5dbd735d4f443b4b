/** The feedback table: what people said of answers, and what became of it. */
import type { BoxFeedback, FeedbackState, NewFeedback } from '../contracts/feedback.js';
import type { Database } from './database.js';

export interface Feedback {
  readonly predictionId: string;
  readonly createdAt: Date;
  readonly model: string;
  readonly modelVersion: string;
  readonly answer: string | null;
  readonly label: string | null;
  readonly comment: string | null;
  readonly boxes: readonly BoxFeedback[] | null;
  readonly state: FeedbackState;
  readonly dataset: string | null;
}

/** A place in the list. `createdAt` is PostgreSQL's text, which keeps the microseconds. */
export interface FeedbackPlace {
  readonly createdAt: string;
  readonly id: string;
}

export interface FeedbackFilter {
  readonly model?: string | undefined;
  readonly state?: FeedbackState | undefined;
  /** Last row of the page before. */
  readonly after?: FeedbackPlace | undefined;
  readonly limit: number;
}

const COLUMNS = `prediction_id AS "predictionId", created_at AS "createdAt", model, model_version AS "modelVersion",
  answer, label, comment, boxes, state, dataset_id AS dataset`;

/** Said again, it is open again. */
const RECORD = `
  INSERT INTO feedback (prediction_id, model, model_version, answer, label, comment, boxes)
  SELECT id, model, model_version, top_class, $2, $3, $4::jsonb FROM predictions WHERE id = $1 AND ended = 'succeeded'
  ON CONFLICT (prediction_id) DO UPDATE
  SET label = excluded.label, comment = excluded.comment, boxes = excluded.boxes, created_at = excluded.created_at,
    state = 'open', dataset_id = NULL
  RETURNING ${COLUMNS}`;

const SETTLE = `
  UPDATE feedback SET state = $2, dataset_id = $3 WHERE prediction_id = $1 RETURNING ${COLUMNS}`;
const GET = `SELECT ${COLUMNS} FROM feedback WHERE prediction_id = $1`;
const LIST = `
  SELECT ${COLUMNS}, created_at::text AS "createdText" FROM feedback
  WHERE ($1::text IS NULL OR model = $1)
    AND ($5::text IS NULL OR state = $5)
    AND ($2::timestamptz IS NULL OR (created_at, prediction_id) < ($2::timestamptz, $3))
  ORDER BY created_at DESC, prediction_id DESC LIMIT $4`;

export class FeedbackStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Records what somebody says of an answer, instead of what was said before. @returns null: there is no answer */
  async record(predictionId: string, { label, comment, boxes }: NewFeedback): Promise<Feedback | null> {
    const values = [predictionId, label ?? null, comment ?? null, boxes ? JSON.stringify(boxes) : null];
    const [row] = await this.#database.run<Feedback>('feedback_record', RECORD, values);
    return row ?? null;
  }

  async get(predictionId: string): Promise<Feedback | null> {
    const [row] = await this.#database.run<Feedback>('feedback_get', GET, [predictionId]);
    return row ?? null;
  }

  /** Says what became of it. @param dataset that it was accepted into @returns null when nothing was said of the prediction */
  async settle(predictionId: string, state: FeedbackState, dataset: string | null): Promise<Feedback | null> {
    const [row] = await this.#database.run<Feedback>('feedback_settle', SETTLE, [
      predictionId,
      state,
      dataset,
    ]);
    return row ?? null;
  }

  /** Newest first, by keyset. */
  async list({
    model,
    state,
    after,
    limit,
  }: FeedbackFilter): Promise<{ items: readonly Feedback[]; next: FeedbackPlace | null }> {
    const values = [model ?? null, after?.createdAt ?? null, after?.id ?? null, limit + 1, state ?? null];
    const rows = await this.#database.query<Feedback & { createdText: string }>(LIST, values);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, next: more ? { createdAt: last.createdText, id: last.predictionId } : null };
  }
}
