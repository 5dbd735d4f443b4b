/** `npm run models -- COMMAND …`: builds what is missing, and lets a command of the worker or the API do the work. */
import path from 'node:path';
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureBuilt, ensureInstalled, root } = await import('./lib/setup.mjs');

/** What there is to be done with models, and the built file that does it. */
const COMMANDS = {
  check: {
    file: 'worker/dist/models/check/command.js',
    help: 'check FOLDER [IMAGES]   load a model without serving it, and find settings that do better',
  },
};

/** What a running server does; told apart there. */
const SERVER = 'api/dist/models/cli/main.js';
const SERVER_COMMANDS = [
  ...[
    'push',
    'list',
    'show',
    'label',
    'unlabel',
    'promote',
    'rollback',
    'retire',
    'rm',
    'export',
    'catalogue',
    'pull',
  ],
  ...['help', '--help'],
];
for (const name of SERVER_COMMANDS) COMMANDS[name] = { file: SERVER, needsDatabase: true };

/** The settings of .env, and the database that runs here where there is one: commands make a key of their own in it. */
async function databaseSettings() {
  const { findDatabaseUrl } = await import('./lib/database-url.mjs');
  const url = await findDatabaseUrl();
  return url === null ? process.env : { ...process.env, DATABASE_URL: url };
}

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : null;
if (!command) {
  const lines = Object.values(COMMANDS).flatMap(({ help }) => (help ? [`  npm run models -- ${help}`] : []));
  const others = `  npm run models -- ${SERVER_COMMANDS.slice(0, -2).join('|')}   see npm run models -- help`;
  console.error(['There is:', ...lines, others].join('\n'));
  process.exitCode = 2;
} else {
  try {
    ensureInstalled();
    ensureBuilt();
    const { spawnSync } = await import('node:child_process');
    const file = path.join(root, command.file);
    const given = command.needsDatabase ? [name, ...args] : args;
    const env = command.needsDatabase ? await databaseSettings() : process.env;
    process.exitCode = spawnSync(process.execPath, [file, ...given], { stdio: 'inherit', env }).status ?? 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
