/** `npm run keys`: finds the database that Scry uses here, and lets the API's own command work on it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureBuilt, ensureInstalled, root } = await import('./lib/setup.mjs');

async function databaseUrl() {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const { runningDatabaseUrl } = await import('./lib/embedded-postgres.mjs');
  const home = path.join(path.resolve(process.env.DATA_DIR || 'data'), 'postgres');
  const url = existsSync(home) ? runningDatabaseUrl(home) : null;
  if (!url)
    throw new Error(`No database of Scry's runs in ${home}. Run "npm start" first, or set DATABASE_URL.`);
  return url;
}

try {
  ensureInstalled();
  ensureBuilt();
  const envFile = path.join(root, '.env');
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  const { spawnSync } = await import('node:child_process');
  const args = [path.join(root, 'api/dist/auth/keys-command.js'), ...process.argv.slice(2)];
  const env = { ...process.env, DATABASE_URL: await databaseUrl() };
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
