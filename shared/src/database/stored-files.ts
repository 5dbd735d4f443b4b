/** What the files on the volume should be, as the rows tell: see api/src/maintenance/stored-files.ts. */
import type { ImageFormat } from '../contracts/prediction.js';
import type { Database } from './database.js';

/** A prediction that has ended, with all that filing its image needs. */
export interface EndedPrediction {
  readonly id: string;
  readonly model: string;
  readonly sha256: string;
  readonly format: ImageFormat;
  /** The most confident class, null where nothing was answered. */
  readonly topClass: string | null;
  readonly confidence: number | null;
  /** PostgreSQL's text, which keeps the microseconds. */
  readonly completedText: string;
}

/** What a deleted prediction left behind. */
export interface FileRemoval {
  /** A bigint as text. */
  readonly key: string;
  readonly id: string;
  readonly model: string;
  readonly sha256: string;
  readonly format: ImageFormat;
  readonly topClass: string | null;
  /** Whether there is a prediction of the same id again. */
  readonly reused: boolean;
}

/** How far the predictions that ended were followed. */
export interface Progress {
  readonly completedText: string;
  readonly id: string;
}

/**
 * Everything that ended before this is committed: a statement that is still to be committed began after it. None of Scry's
 * takes a minute, and others (a backup) must not hold this up.
 */
export const COMMITTED = `
  SELECT greatest(least(min(xact_start), clock_timestamp()), clock_timestamp() - interval '1 minute')
  FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
const ENDED = `
  SELECT id, model, encode(image_sha256, 'hex') AS sha256, image_format AS format, top_class AS "topClass",
         (output->'predictions'->0->>'confidence')::float8 AS confidence, completed_at::text AS "completedText"
  FROM predictions
  WHERE completed_at >= $1::timestamptz AND (completed_at, id) > ($1::timestamptz, $2)
    AND completed_at < $3::timestamptz AND model = ANY($4::text[])
  ORDER BY completed_at, id LIMIT $5`;
const PROGRESS = `
  SELECT coalesce(max(completed_at), clock_timestamp() - interval '1 day')::text AS "completedText",
         coalesce(max(id), '') AS id
  FROM maintenance_progress WHERE task = $1`;
const ADVANCE = `
  INSERT INTO maintenance_progress (task, completed_at, id) VALUES ($1, $2::timestamptz, $3)
  ON CONFLICT (task) DO UPDATE SET completed_at = excluded.completed_at, id = excluded.id`;
const REMOVALS = `
  SELECT id::text AS key, prediction_id AS id, model, encode(image_sha256, 'hex') AS sha256, image_format AS format,
         top_class AS "topClass", EXISTS (SELECT FROM predictions p WHERE p.id = prediction_id) AS reused
  FROM file_removals ORDER BY tried_at NULLS FIRST, id LIMIT $1`;
const REMOVED = 'DELETE FROM file_removals WHERE id = ANY($1::bigint[])';
const TRIED = 'UPDATE file_removals SET tried_at = clock_timestamp() WHERE id = ANY($1::bigint[])';
const NEEDED = `
  SELECT sha256 FROM unnest($1::text[]) AS kept (sha256)
  WHERE EXISTS (
    SELECT FROM predictions WHERE image_sha256 = decode(sha256, 'hex') AND (ended IS NULL OR model <> ALL($2::text[]))
  ) OR EXISTS (SELECT FROM dataset_items WHERE image_sha256 = decode(sha256, 'hex'))`;
const EXISTING = 'SELECT id FROM predictions WHERE id = ANY($1::text[])';

export class StoredFileStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Predictions of some models that ended after a place, in that order; all that ended before `before` are among them,
   * unless there are more than `limit`.
   */
  async endedAfter(
    place: Progress,
    before: string,
    models: readonly string[],
    limit: number,
  ): Promise<EndedPrediction[]> {
    const values = [place.completedText, place.id, before, models, limit];
    return this.#database.run<EndedPrediction>('files_ended', ENDED, values);
  }

  /** Up to where rows that ended are all to be seen, by the database's clock. */
  async committedBefore(): Promise<string> {
    const rows = await this.#database.run<{ at: string }>(
      'files_committed',
      `SELECT (${COMMITTED})::text AS at`,
      [],
    );
    return rows[0]?.at ?? '-infinity';
  }

  /** Where a task stands; a day ago when it never ran. */
  async progress(task: string): Promise<Progress> {
    const rows = await this.#database.run<Progress>('files_progress', PROGRESS, [task]);
    return rows[0] as Progress; // an aggregate always has its row
  }

  async advance(task: string, { completedText, id }: Progress): Promise<void> {
    await this.#database.run('files_advance', ADVANCE, [task, completedText, id]);
  }

  /** What is left of deleted predictions; those that were tried before come last. */
  removals(limit: number): Promise<FileRemoval[]> {
    return this.#database.run<FileRemoval>('files_removals', REMOVALS, [limit]);
  }

  /** Forgets removals that were done, and puts those that failed behind the others. */
  async settle(done: readonly string[], failed: readonly string[]): Promise<void> {
    if (done.length > 0) await this.#database.run('files_removed', REMOVED, [done]);
    if (failed.length > 0) await this.#database.run('files_tried', TRIED, [failed]);
  }

  /** Those of some images that are needed: by a data set, or by a prediction that has not ended or whose model keeps its images. */
  async needed(images: readonly string[], deletingModels: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.run<{ sha256: string }>('files_needed', NEEDED, [
      images,
      deletingModels,
    ]);
    return new Set(rows.map(({ sha256 }) => sha256));
  }

  /** Those of some ids that are predictions. */
  async existing(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.run<{ id: string }>('files_existing', EXISTING, [ids]);
    return new Set(rows.map(({ id }) => id));
  }
}
