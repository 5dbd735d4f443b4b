/**
 * `npm run tfjs-node:install`: adds TensorFlow's native library for models of the engine "tfjs", which run on WebAssembly
 * without it. Not part of a plain install: it is large, and comes from another host than the npm registry.
 *
 *     node scripts/tfjs-node-install.mjs [cpu|gpu|none] [options for npm install]
 *
 * "gpu" wants CUDA 11.2 and cuDNN 8.1. "npm ci" removes it again.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const VERSION = '4.22.0'; // the version of the other @tensorflow packages: they share one registry of kernels
const TIMEOUT_MS = 15 * 60_000;
const PACKAGES = { cpu: '@tensorflow/tfjs-node', gpu: '@tensorflow/tfjs-node-gpu', none: null };
const LOAD = `import util from 'node:util';
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
const tf = await import(process.argv[1]);
console.log('TensorFlow', tf.version['tfjs-node'] ?? tf.version.tfjs, 'runs here.');
process.exit(0);`;

const args = process.argv.slice(2);
const kind = args.find((arg) => !arg.startsWith('-')) ?? 'cpu';
const npmOptions = args.filter((arg) => arg.startsWith('-'));

if (!(kind in PACKAGES)) {
  console.error(`There is no "${kind}" tfjs-node: say cpu, gpu or none.`);
  process.exit(1);
}

function works(command, commandArgs, options = {}) {
  const { status } = spawnSync(command, commandArgs, {
    cwd: root,
    stdio: 'inherit',
    timeout: TIMEOUT_MS,
    ...options,
  });
  return status === 0;
}

/** Installs the package, runs its own install script (npm may be told to skip those), and loads it. */
function install(name) {
  const folder = path.join(root, 'node_modules', name);
  const tools = `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`;
  return (
    works('npm', [
      'install',
      '--no-save',
      '--save-prod',
      '--workspace',
      'worker',
      ...npmOptions,
      `${name}@${VERSION}`,
    ]) &&
    works(process.execPath, ['scripts/install.js', kind, 'download'], {
      cwd: folder,
      env: { ...process.env, PATH: tools },
    }) &&
    works(process.execPath, ['--input-type=module', '--eval', LOAD, name])
  );
}

const name = PACKAGES[kind];
if (name && !install(name)) {
  rmSync(path.join(root, 'node_modules', name), { recursive: true, force: true }); // half of it is worse than none
  console.error(
    `\n${name} could not be installed: its library comes from storage.googleapis.com, which may be out of reach here. ` +
      'Models of the engine "tfjs" run on WebAssembly without it.',
  );
  process.exit(1);
}
