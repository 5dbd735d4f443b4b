/** `npm start`: sets up what is missing, then runs database, API and workers until it is told to stop. */
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureBuilt, ensureInstalled } = await import('./lib/setup.mjs');
try {
  ensureInstalled();
  ensureBuilt();
  const { launch } = await import('./lib/launcher.mjs');
  await launch();
} catch (error) {
  console.error(`\n${error.message}`);
  process.exit(1);
}
