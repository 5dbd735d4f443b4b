/** `npm run test:attacks`: attacks a running Scry while other clients use it, and prints what they noticed of it. */
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { runReported } = await import('./lib/reported-tests.mjs');
const { attackTable } = await import('./lib/attack-table.mjs');
process.exit(runReported('jest.attacks.config.mjs', 'SCRY_ATTACKS_REPORT', attackTable));
