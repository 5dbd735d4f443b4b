/** `npm test`: sets up what is missing, checks types, style, import directions and generated documents, runs jest. */
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { ensureInstalled } = await import('./lib/setup.mjs');
ensureInstalled();
const { runTests } = await import('./lib/test-run.mjs');
process.exit(await runTests(process.argv.slice(2)));
