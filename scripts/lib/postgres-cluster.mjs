/** Makes the folder that holds PostgreSQL's data, and checks one that is there. See embedded-postgres.mjs for the layout. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundledMajor } from './postgres-identity.mjs';
import { SUPERUSER } from './postgres-roles.mjs';

/** A small file's text, or null when there is no such file. */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function checkVersion(cluster) {
  const found = readText(path.join(cluster, 'PG_VERSION'));
  const bundled = bundledMajor();
  if (found === bundled) return;
  throw new Error(
    `${cluster} was made by PostgreSQL ${found}, and this Scry comes with PostgreSQL ${bundled}, which cannot read it. ` +
      `Start the Scry that made it, or move the folder away to begin with an empty database, or set DATABASE_URL ` +
      `to a PostgreSQL ${found} that has this data.`,
  );
}

function ensurePassword(file) {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  return readText(file);
}

/** The passwords of both users, made at the first call. */
export function ensurePasswords(home) {
  return {
    user: ensurePassword(path.join(home, 'password')),
    superuser: ensurePassword(path.join(home, 'superuser-password')),
  };
}

/** Runs initdb on an empty folder. @throws Error with what initdb said */
function initialise(identity, folder, password, durable) {
  const passwordFile = `${folder}.password`; // initdb runs as another user, who cannot read the kept one
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (identity.owner) {
    for (const item of [folder, passwordFile]) chownSync(item, identity.owner.uid, identity.owner.gid);
  }
  const [command, ...args] = [
    ...identity.prefix,
    path.join(identity.programs, 'initdb'),
    `--pgdata=${folder}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--allow-group-access', // root runs it as another user of root's group, and reads the lock file
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(durable ? [] : ['--no-sync']),
  ];
  const made = spawnSync(command, args, {
    ...identity.user,
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  rmSync(passwordFile, { force: true });
  if (made.status !== 0)
    throw new Error(
      `The database could not be made in ${folder}: ${(made.stderr || made.error?.message || '').trim()}`,
    );
}

/** Makes the cluster when there is none. @param password of its superuser @throws Error that says what to do with one that cannot be used */
export function ensureCluster(identity, cluster, password, durable) {
  if (existsSync(cluster)) return checkVersion(cluster);
  const unfinished = `${cluster}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  initialise(identity, unfinished, password, durable);
  renameSync(unfinished, cluster);
}
