/** What retention removes next, and how large the database is. */
import type { Database } from './database.js';

export interface RetentionOutlook {
  readonly oldest: Date | null;
  /** Removed within the next day; counted up to a limit. */
  readonly due: number;
  readonly databaseBytes: number;
}

const OUTLOOK = `
  SELECT (SELECT min(created_at) FROM predictions) AS oldest,
    (SELECT count(*)::int FROM (
      SELECT 1 FROM predictions WHERE ended IS NOT NULL AND $1 > 0
        AND created_at < clock_timestamp() - ($1 - 1) * interval '1 day' LIMIT $2) AS counted) AS due,
    pg_database_size(current_database())::float8 AS "databaseBytes"`;

export class RetentionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param days after which predictions are removed; 0: never @param countTo how far those that are due are counted */
  async outlook(days: number, countTo: number): Promise<RetentionOutlook> {
    const [row] = await this.#database.query<RetentionOutlook>(OUTLOOK, [days, countTo]);
    return row as RetentionOutlook; // it always has its row
  }
}
