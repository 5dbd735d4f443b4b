/** `npm run keys`: finds the database that Scry uses here, and lets the API's own command work on it. */
import path from 'node:path';
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureBuilt, ensureInstalled, root } = await import('./lib/setup.mjs');

async function databaseUrl() {
  const { databaseHome, findDatabaseUrl } = await import('./lib/database-url.mjs');
  const url = await findDatabaseUrl();
  if (!url)
    throw new Error(
      `No database of Scry's runs in ${databaseHome()}. Run "npm start" first, or set DATABASE_URL.`,
    );
  return url;
}

try {
  ensureInstalled();
  ensureBuilt();
  const { spawnSync } = await import('node:child_process');
  const args = [path.join(root, 'api/dist/auth/keys-command.js'), ...process.argv.slice(2)];
  const env = { ...process.env, DATABASE_URL: await databaseUrl() };
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
