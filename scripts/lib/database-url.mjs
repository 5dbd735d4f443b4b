/** Where the database is that Scry uses on this machine. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

/** Where the database of `npm start` keeps its files. */
export function databaseHome() {
  return path.join(path.resolve(process.env.DATA_DIR || 'data'), 'postgres');
}

/**
 * Reads .env, and finds the database: the one that is set, else the one that `npm start` runs.
 * @returns {Promise<string | null>} null when none is set and none runs
 */
export async function findDatabaseUrl() {
  const envFile = path.join(root, '.env');
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const home = databaseHome();
  if (!existsSync(home)) return null;
  const { runningDatabaseUrl } = await import('./embedded-postgres.mjs');
  return runningDatabaseUrl(home);
}
