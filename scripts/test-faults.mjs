/** `npm run test:faults`: breaks a running Scry in every way that it promises to survive, and prints what became of it. */
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { runReported } = await import('./lib/reported-tests.mjs');
const { faultTable } = await import('./lib/fault-table.mjs');
process.exit(runReported('jest.faults.config.mjs', 'SCRY_FAULTS_REPORT', faultTable));
