/** What `npm test` runs, in order; jest runs even when a check failed, so that one run tells everything. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, root, runTool } from './setup.mjs';

const CHECKS = [
  ['types', () => runTool('typescript/bin/tsc', ['--build'])],
  ['build', build],
  ['style', () => runTool('@biomejs/biome/bin/biome', ['check', '.'])],
  [
    'import directions',
    () =>
      runTool('dependency-cruiser/bin/dependency-cruise.mjs', [
        '--config',
        '.dependency-cruiser.cjs',
        ...['shared/src', 'api/src', 'worker/src', 'stress/src'].filter((name) =>
          existsSync(path.join(root, name)),
        ),
      ]),
  ],
  ['generated documents', () => runScript('scripts/env-example.mjs', ['--check'])],
];

function runScript(file, args) {
  const { status } = spawnSync(process.execPath, [path.join(root, file), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`${file} failed.`);
}

/** Runs jest. @returns what it counted; a test file that could not run counts as one failure */
function runJest(args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'scry-jest-'));
  const results = path.join(folder, 'results.json');
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      path.join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      `--outputFile=${results}`,
      ...args,
    ],
    { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] },
  );
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(results, 'utf8'),
    );
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, ok: status === 0 };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { passed: 0, failed: 0, ok: false }; // jest ended before it ran anything, and has said why
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {readonly string[]} args for jest @returns {number} the exit code */
export function runTests(args) {
  const problems = [];
  for (const [name, check] of CHECKS) {
    try {
      check();
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
    }
  }
  const { passed, failed, ok } = runJest(args);
  for (const problem of problems) console.log(`Check failed: ${problem}`);
  if (!ok && failed === 0) console.log('Jest ended with an error outside the tests, see above.');
  console.log(`${passed} passed, ${failed} failed`);
  return ok && problems.length === 0 ? 0 : 1;
}
