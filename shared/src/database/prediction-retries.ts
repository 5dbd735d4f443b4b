/** Failed predictions that are tried again, each as a new prediction with the same image and parameters. */
import type { Database } from './database.js';
import type { Created } from './predictions.js';

export interface NewRetry {
  /** The failed prediction. */
  readonly of: string;
  /** The new one. */
  readonly id: string;
  readonly modelVersion: string;
  readonly modelLabel: string | null;
  readonly task: string;
  readonly engine: string;
}

/** The unique index of `retry_of` lets one of several that try at the same time write. */
const RETRY = `
  INSERT INTO predictions (id, model, model_version, model_label, task, engine, parameters,
                           image_sha256, image_format, image_width, image_height, image_bytes, retry_of)
  SELECT $2, model, $3, $4, $5, $6, parameters, image_sha256, image_format, image_width, image_height, image_bytes, id
  FROM predictions WHERE id = $1 AND ended = 'failed'
  ON CONFLICT DO NOTHING
  RETURNING created_at AS "createdAt", expires_at AS "expiresAt"`;

export class PredictionRetryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns null when it was tried again already, or is no failed prediction any more */
  async create({ of, id, modelVersion, modelLabel, task, engine }: NewRetry): Promise<Created | null> {
    const values = [of, id, modelVersion, modelLabel, task, engine];
    const [row] = await this.#database.run<Created>('prediction_retry', RETRY, values);
    return row ?? null;
  }
}
