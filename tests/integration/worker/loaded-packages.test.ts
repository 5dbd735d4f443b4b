/** What processes and threads of a worker load when they start: each package costs every one of them memory. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const STATIC = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm;

/** Follows what is imported when a module is loaded. @returns names of packages outside the project */
async function packagesOf(...modules: readonly string[]): Promise<string[]> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const open = modules.map((file) => path.join(ROOT, file));
  for (let file = open.pop(); file; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, name = ''] of (await readFile(file, 'utf8')).matchAll(STATIC)) {
      const own = /^@scry\/(\w+)\/(.*)$/.exec(name);
      if (name.startsWith('.')) open.push(path.resolve(path.dirname(file), name));
      else if (own) open.push(path.join(ROOT, own[1] as string, 'dist', `${own[2]}.js`));
      else if (!name.startsWith('node:')) packages.add(name);
    }
  }
  return [...packages].sort();
}

test('an inference thread loads the runtime of its engine and nothing else', async () => {
  const engine = 'worker/dist/inference/engines/onnx.js';
  expect(await packagesOf('worker/dist/inference/thread.js', engine)).toEqual(['onnxruntime-node']);
});

test('a worker loads clients of Redis, metrics, migrations and networks only where it needs them', async () => {
  const packages = await packagesOf('worker/dist/main.js');
  expect(packages).toContain('pg');
  for (const unused of [
    'ioredis',
    'bullmq',
    'prom-client',
    'node-pg-migrate',
    'onnxruntime-node',
    'onnx-proto',
  ])
    expect(packages).not.toContain(unused);
});
