import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));

interface LockedPackage {
  readonly optionalDependencies?: Record<string, string>;
}

test('the lock file names the packages of every platform, or "npm ci" would refuse it', async () => {
  const { packages } = JSON.parse(await readFile(LOCK, 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${place}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});
