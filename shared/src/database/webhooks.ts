/** The webhook_deliveries table: who is to be told of which prediction's end, and how far that has come. */
import type { Database } from './database.js';

/** One delivery, taken for one attempt. */
export interface TakenDelivery {
  readonly predictionId: string;
  readonly url: string;
  /** How the client reached the API, for links. */
  readonly baseUrl: string;
  /** This attempt's number, from 1. */
  readonly attempt: number;
}

/** What is known after an attempt. */
export interface AttemptResult {
  readonly predictionId: string;
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  readonly error: string | null;
}

const DUE = `
  FROM webhook_deliveries d JOIN predictions p ON p.id = d.prediction_id
  WHERE d.outcome IS NULL AND p.ended IS NOT NULL`;
/** A row whose time lies further ahead than it was put off: the clock was set back. */
const AHEAD = `d.due_at > clock_timestamp() + (d.wait_s + 60) * interval '1 second'`;
const OVERDUE = `
  SELECT d.prediction_id AS id ${DUE} AND (d.due_at <= clock_timestamp() - $1 * interval '1 second' OR ${AHEAD})
  ORDER BY d.due_at LIMIT $2`;
const TAKE = `
  UPDATE webhook_deliveries d
  SET attempts = d.attempts + 1, due_at = clock_timestamp() + $2 * interval '1 second', wait_s = $2
  FROM predictions p
  WHERE d.prediction_id = $1 AND p.id = $1 AND p.ended IS NOT NULL AND d.outcome IS NULL
    AND (d.due_at <= clock_timestamp() OR ${AHEAD})
  RETURNING d.prediction_id AS "predictionId", d.url, d.base_url AS "baseUrl", d.attempts AS attempt`;
const TARGET = 'SELECT url FROM webhook_deliveries WHERE prediction_id = $1 AND outcome IS NULL';
const RETRY = `
  UPDATE webhook_deliveries
  SET last_status = $2, last_error = $3, due_at = clock_timestamp() + $4 * interval '1 second', wait_s = $4
  WHERE prediction_id = $1 AND outcome IS NULL`;
const END = `
  UPDATE webhook_deliveries
  SET last_status = $2, last_error = $3, outcome = $4, ended_at = clock_timestamp()
  WHERE prediction_id = $1 AND outcome IS NULL`;

export class WebhookStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Predictions whose delivery should have begun `lateS` seconds ago. */
  async overdue(lateS: number, limit: number): Promise<string[]> {
    const rows = await this.#database.run<{ id: string }>('webhook_overdue', OVERDUE, [lateS, limit]);
    return rows.map((row) => row.id);
  }

  /** Where an open delivery goes; null when there is none. */
  async target(predictionId: string): Promise<string | null> {
    const [row] = await this.#database.run<{ url: string }>('webhook_target', TARGET, [predictionId]);
    return row?.url ?? null;
  }

  /** Takes a delivery that is due, for one attempt of at most `leaseS` seconds. Null: it is not due, or has ended. */
  async take(predictionId: string, leaseS: number): Promise<TakenDelivery | null> {
    const [row] = await this.#database.run<TakenDelivery>('webhook_take', TAKE, [predictionId, leaseS]);
    return row ?? null;
  }

  /** Puts a delivery off after an attempt that failed. */
  async retry(result: AttemptResult, inS: number): Promise<void> {
    const values = [result.predictionId, result.status, result.error, inS];
    await this.#database.run('webhook_retry', RETRY, values);
  }

  /** Ends a delivery for good. */
  async end(result: AttemptResult, outcome: 'delivered' | 'given_up'): Promise<void> {
    const values = [result.predictionId, result.status, result.error, outcome];
    await this.#database.run('webhook_end', END, values);
  }
}
