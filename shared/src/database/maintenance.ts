/** What job recovery asks of the predictions table. Every age is by the database's clock. */
import type { PredictionJob } from '../queue/job.js';
import type { Database } from './database.js';
import { NOTE_FILES } from './prediction-statements.js';

/** An unfinished prediction, with all that a job for it needs. */
export interface Unfinished {
  readonly model: string;
  readonly version: string;
  readonly job: PredictionJob;
}

/** A version that predictions wait for. */
export interface UnfinishedVersion {
  readonly name: string;
  readonly version: string;
}

/** Where the last page ended. */
export interface Place {
  readonly createdAt: string;
  readonly id: string;
}

export interface UnfinishedPage {
  readonly items: readonly Unfinished[];
  readonly next: Place | null;
}

interface UnfinishedRow {
  id: string;
  model: string;
  model_version: string;
  sha256: string;
  parameters: PredictionJob['parameters'];
  created_at: Date;
  created_text: string;
  expires_at: Date | null;
}

/** A time further ahead than this is from before the clock was set back: it says nothing of how long ago it was. */
const SLACK_S = 5;

const UNFINISHED = `
  SELECT id, model, model_version, encode(image_sha256, 'hex') AS sha256, parameters, created_at, created_at::text AS created_text,
         expires_at
  FROM predictions
  WHERE ended IS NULL AND (created_at, id) > ($2::timestamptz, $3)
    AND touched_at NOT BETWEEN clock_timestamp() - $1 * interval '1 second'
                       AND clock_timestamp() + ${SLACK_S} * interval '1 second'
    AND (expires_at IS NULL OR expires_at > clock_timestamp())
  ORDER BY created_at, id LIMIT $4`;
const EXPIRED = `
  SELECT id FROM predictions
  WHERE ended IS NULL AND expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1`;
const WAITING_FOR = `
  SELECT id FROM predictions
  WHERE ended IS NULL AND model = $1 AND model_version = $4
    AND created_at < clock_timestamp() - $2 * interval '1 second'
  ORDER BY created_at, id LIMIT $3`;
const UNFINISHED_VERSIONS = `
  SELECT DISTINCT model AS name, model_version AS version FROM predictions WHERE ended IS NULL`;
// A row that is being written to at this moment is left for the next step.
const REMOVE_OLD = `
  WITH gone AS (
    DELETE FROM predictions WHERE id IN (
      SELECT id FROM predictions
      WHERE ended IS NOT NULL AND created_at < clock_timestamp() - $1 * interval '1 day'
        AND completed_at < clock_timestamp() - $1 * interval '1 day'
      ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING *
  ), noted AS (${NOTE_FILES})
  SELECT count(*)::int AS removed FROM gone`;

const BEGINNING: Place = { createdAt: '-infinity', id: '' };

export class MaintenanceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Unfinished predictions to which nothing happened for `forS` seconds, oldest first, page by page. */
  async unfinished(forS: number, limit: number, after: Place | null): Promise<UnfinishedPage> {
    const { createdAt, id } = after ?? BEGINNING;
    const rows = await this.#database.run<UnfinishedRow>('maintenance_unfinished', UNFINISHED, [
      forS,
      createdAt,
      id,
      limit,
    ]);
    const last = rows.at(-1);
    const next = rows.length === limit && last ? { createdAt: last.created_text, id: last.id } : null;
    return { items: rows.map(toUnfinished), next };
  }

  /** Unfinished predictions whose deadline has passed. */
  async expired(limit: number): Promise<string[]> {
    const rows = await this.#database.run<{ id: string }>('maintenance_expired', EXPIRED, [limit]);
    return rows.map((row) => row.id);
  }

  /** Unfinished predictions of a model that were accepted more than `forS` seconds ago, oldest first. */
  async waitingFor({ name, version }: UnfinishedVersion, forS: number, limit: number): Promise<string[]> {
    const rows = await this.#database.run<{ id: string }>('maintenance_waiting_for', WAITING_FOR, [
      name,
      forS,
      limit,
      version,
    ]);
    return rows.map((row) => row.id);
  }

  /** Versions that predictions wait for. */
  unfinishedVersions(): Promise<UnfinishedVersion[]> {
    return this.#database.run<UnfinishedVersion>('maintenance_unfinished_versions', UNFINISHED_VERSIONS, []);
  }

  /** Removes some predictions that ended more than `days` ago; their files follow. @returns how many */
  async removeOld(days: number, limit: number): Promise<number> {
    const values = [days, limit];
    const [row] = await this.#database.run<{ removed: number }>('maintenance_remove_old', REMOVE_OLD, values);
    return row?.removed ?? 0;
  }
}

function toUnfinished({
  id,
  model,
  model_version,
  sha256,
  parameters,
  created_at,
  expires_at,
}: UnfinishedRow): Unfinished {
  const createdAt = created_at.getTime();
  return {
    model,
    version: model_version,
    job: { id, sha256, parameters, createdAt, expiresAt: expires_at?.getTime() ?? null },
  };
}
