import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));

interface LockedPackage {
  readonly link?: boolean;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Record<string, string>;
}

async function lockedPackages(): Promise<Record<string, LockedPackage>> {
  const { packages } = JSON.parse(await readFile(LOCK, 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return packages;
}

/** What Scry's images, CI and most servers are; native packages for other systems come without a hash from some registries. */
const isForServers = ({ os = ['linux'], cpu = ['x64'], libc = ['glibc'] }: LockedPackage) =>
  os.includes('linux') && libc.includes('glibc') && (cpu.includes('x64') || cpu.includes('arm64'));

test('every package that is installed on Linux is known by its hash', async () => {
  const unknown = Object.entries(await lockedPackages())
    .filter(([place, locked]) => place.includes('node_modules/') && !locked.link && isForServers(locked))
    .filter(([, { integrity }]) => !integrity)
    .map(([place]) => place);
  expect(unknown).toEqual([]);
});

test('the lock file names the packages of every platform, or "npm ci" would refuse it', async () => {
  const packages = await lockedPackages();
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${place}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});
