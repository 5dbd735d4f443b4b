/** The secrets table: what an installation made for itself and must find again after a restart. */
import type { Database } from './database.js';

const ENSURE = `
  WITH made AS (
    INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING value
  )
  SELECT value FROM made UNION ALL SELECT value FROM secrets WHERE name = $1 LIMIT 1`;

/**
 * The secret kept under a name.
 * @param candidate kept when there is none yet; processes that start at once all get the one that was first
 */
export async function ensureSecret(database: Database, name: string, candidate: string): Promise<string> {
  for (;;) {
    const [row] = await database.run<{ value: string }>('secret_ensure', ENSURE, [name, candidate]);
    if (row) return row.value; // none: another process was just writing it, and this statement could not see it yet
  }
}
