/**
 * What keeps changes of models apart. Both locks end with their transaction.
 *
 * A model's row is locked by whatever changes its versions or labels, before it looks at them: so two changes of one model
 * happen one after the other. The files' lock is shared by those who store files and then commit the row that names them, and
 * held alone by whoever removes files that no row names: so no file goes between its storing and its row.
 */
import type { Query } from './database.js';

/** Told the name of the model that changed. */
export const MODELS_CHANNEL = 'scry_models';

/** Names the advisory lock of all files of models. */
const FILES_LOCK = 7_293_003;

/** Tells MODELS_CHANNEL of the model that $1 names, for each row that a statement returns. */
export const TELL = `pg_notify('${MODELS_CHANNEL}', $1)`;

/** Waits for other changes of a model. @returns false when there is no such model */
export async function lockModel(query: Query, name: string): Promise<boolean> {
  return (await query('SELECT 1 FROM models WHERE name = $1 FOR UPDATE', [name])).length > 0;
}

/** Keeps files from being removed until the transaction ends. */
export async function lockFilesForKeeping(query: Query): Promise<void> {
  await query('SELECT pg_advisory_xact_lock_shared($1)', [FILES_LOCK]);
}

/** Waits until every file that is being stored has its row, and keeps others from being stored meanwhile. */
export async function lockFilesForRemoval(query: Query): Promise<void> {
  await query('SELECT pg_advisory_xact_lock($1)', [FILES_LOCK]);
}

/** The first row of a statement that tells, without what telling adds to it. */
export function told<Row extends object>([row]: readonly (Row & { pg_notify?: unknown })[]): Row | null {
  if (!row) return null;
  const { pg_notify: _told, ...rest } = row;
  return rest as unknown as Row;
}
