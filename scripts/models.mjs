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

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : null;
if (!command) {
  const lines = Object.values(COMMANDS).map(({ help }) => `  npm run models -- ${help}`);
  console.error(['There is:', ...lines].join('\n'));
  process.exitCode = 1;
} else {
  try {
    ensureInstalled();
    ensureBuilt();
    const { spawnSync } = await import('node:child_process');
    const file = path.join(root, command.file);
    process.exitCode = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
