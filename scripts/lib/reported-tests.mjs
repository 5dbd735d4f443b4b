/** Runs a suite of tests that note figures, and prints the table that is made of them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, ensureInstalled, root } from './setup.mjs';

/**
 * @param {string} config jest's, in the repository's root
 * @param {string} variable names the environment variable with the file that tests append a line of JSON to
 * @param {(entries: readonly object[]) => string} table makes text of the lines
 * @returns {number} the exit code
 */
export function runReported(config, variable, table) {
  ensureInstalled();
  build();
  const folder = mkdtempSync(path.join(tmpdir(), 'scry-report-'));
  const report = path.join(folder, 'report.jsonl');
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      path.join(root, 'node_modules/jest/bin/jest.js'),
      `--config=${config}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, [variable]: report } },
  );
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
  rmSync(folder, { recursive: true, force: true });
  console.log(`\n${table(lines.map((line) => JSON.parse(line)))}`);
  return status ?? 1;
}
