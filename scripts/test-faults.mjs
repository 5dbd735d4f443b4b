/** `npm run test:faults`: breaks a running Scry in every way that it promises to survive, and prints what became of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkNode } from './lib/check-node.mjs';

checkNode();
const { build, ensureInstalled, root } = await import('./lib/setup.mjs');
const { faultTable } = await import('./lib/fault-table.mjs');
ensureInstalled();
build();

const folder = mkdtempSync(path.join(tmpdir(), 'scry-faults-'));
const report = path.join(folder, 'report.jsonl');
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'node_modules/jest/bin/jest.js'),
    '--config=jest.faults.config.mjs',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, SCRY_FAULTS_REPORT: report } },
);
const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
rmSync(folder, { recursive: true, force: true });
console.log(`\n${faultTable(lines.map((line) => JSON.parse(line)))}`);
process.exit(status ?? 1);
