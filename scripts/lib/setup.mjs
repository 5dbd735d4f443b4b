/** Installs packages and builds, each only when needed, so that a fresh clone needs no step of its own. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

const INSTALLED = path.join(root, 'node_modules/.scry-installed');
const BUILT = path.join(root, 'node_modules/.scry-built');
const WORKSPACES = ['onnx', 'shared', 'api', 'worker', 'stress'];

/** Runs a command in the repository's folder with its output shown. @throws Error when it fails */
export function run(command, args, { env = process.env, advice = '' } = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (done.error) throw new Error(`${command} could not be started: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`"${command} ${args.join(' ')}" failed. ${advice}`.trim());
}

/** Runs a package's command line with this Node. */
export function runTool(file, args, options) {
  run(process.execPath, [path.join(root, 'node_modules', file), ...args], options);
}

function npm(args, advice) {
  const cli = process.env.npm_execpath;
  if (cli && /^npm/.test(path.basename(cli))) run(process.execPath, [cli, ...args], { advice });
  else run('npm', args, { advice });
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Installs what package-lock.json names, when it names something else than what was installed last. */
export function ensureInstalled() {
  const lock = path.join(root, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === hash) return;
  // npm writes this file last, so its age tells of an installation that someone made by hand.
  if (modified(path.join(root, 'node_modules/.package-lock.json')) < modified(lock)) {
    console.log('Installing packages…');
    npm(
      ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
      'Is the npm registry reachable from here? Behind a proxy, set it with "npm config set proxy http://…".',
    );
  }
  writeFileSync(INSTALLED, hash);
}

/** When something under a folder changed last, milliseconds; folders count too, so a removed file is noticed. */
function newest(folder) {
  let latest = modified(folder);
  for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const file = path.join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(file) : modified(file));
  }
  return latest;
}

function sourcesChangedAt() {
  const files = [
    'tsconfig.base.json',
    'tsconfig.json',
    'package-lock.json',
    'node_modules/.package-lock.json',
  ];
  return Math.max(
    ...files.map((file) => modified(path.join(root, file))),
    ...WORKSPACES.map((name) => newest(path.join(root, name))),
  );
}

/** Compiles the workspaces and builds the page. */
export function build() {
  runTool('typescript/bin/tsc', ['--build', ...WORKSPACES]);
  runTool('vite/bin/vite.js', ['build', 'api/web', '--logLevel', 'warn']);
  writeFileSync(BUILT, '');
}

/** Builds when a source is newer than the last build. */
export function ensureBuilt() {
  const there = ['api/dist/main.js', 'worker/dist/main.js'].every((file) =>
    existsSync(path.join(root, file)),
  );
  if (there && modified(BUILT) >= sourcesChangedAt()) return;
  console.log('Building…');
  build();
}
