/**
 * Runs Scry on one machine: PostgreSQL (unless DATABASE_URL names one), the API and the workers, each a process.
 *
 *     starting ──▶ running ──▶ stopping: API and workers together, PostgreSQL last ──▶ exit 0
 *         └─ cannot start ──▶ exit 1            └─ asked a second time ──▶ everything killed, exit 130
 */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeptDatabase } from './kept-database.mjs';
import { say } from './log-lines.mjs';
import { root } from './setup.mjs';
import { Supervised } from './supervised.mjs';

const SAMPLE = path.join(root, 'models/everyday-10/sample.jpg');
const READY_POLL_MS = 200;
const READY_NOTICE_MS = 20_000;
const PARENT_POLL_MS = 1000;
/** What a process gets beyond its own deadline before it is killed. */
const GRACE_MS = 3000;
/** What a process gets to stop in when the database has moved. */
const MOVE_MS = 3000;
const [INFO, WARN] = [30, 40];

/** How the API shows the key that it makes when it needs keys and has none. */
const FIRST_KEY = /^ {4}scry_\S+$/;

/**
 * For glibc, which reads them when a process starts: large blocks go back to the system when they are freed, whichever
 * thread had them. By itself it raises its limits with what is freed, and a worker keeps what loading its models took.
 */
const WORKER_MALLOC = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '524288',
  MALLOC_TRIM_THRESHOLD_: '1048576',
};

const children = [];
let keyWasShown = false;
let database = null;
let stopping = false;

function loadEnvFile() {
  const file = path.join(root, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/** Checked settings; the address of the database is filled in later. */
async function readSettings() {
  const { loadConfig } = await import(path.join(root, 'shared/dist/runtime/load-config.js'));
  return loadConfig({ ...process.env, DATABASE_URL: process.env.DATABASE_URL || 'postgres://later/later' });
}

/** Checks here what API and workers would each end on, again and again. @throws Error with a sentence */
async function checkAccess(settings) {
  const { checkQueueAccess } = await import(path.join(root, 'shared/dist/queue/access.js'));
  const { folderProblem } = await import(path.join(root, 'shared/dist/runtime/setting-problem.js'));
  try {
    mkdirSync(settings.DATA_DIR, { recursive: true });
    accessSync(settings.DATA_DIR, constants.W_OK);
  } catch (error) {
    throw folderProblem('DATA_DIR', settings.DATA_DIR, error);
  }
  await checkQueueAccess(settings.QUEUE_URL);
}

/** Takes the port for a moment, to say clearly when it is taken. @returns the port, chosen when 0 was asked for */
function checkPort(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      const why = {
        EADDRINUSE: `Port ${port} on ${host} is in use. Stop what uses it, or take another: PORT=${port + 1} npm start`,
        EACCES: `Port ${port} may only be used by root. Take one above 1023: PORT=8080 npm start`,
        EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one that it has, or to 0.0.0.0 for all.`,
      }[error.code];
      reject(why ? new Error(why) : error);
    });
    server.listen(port, host, () => {
      const taken = server.address().port;
      server.close(() => resolve(taken));
    });
  });
}

/** How a client on this machine reaches the API. */
function baseUrl(host, port) {
  const reachable =
    { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
  return `http://${reachable}:${port}`;
}

/** The address of the database: the one that is set, or that of one started here. */
async function startDatabase(settings) {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const connections = 30 + (1 + settings.WORKERS) * (2 * settings.DATABASE_POOL + 6);
  const options = {
    home: path.join(settings.DATA_DIR, 'postgres'),
    connections: Math.max(100, connections),
  };
  database = new KeptDatabase(options, moveChildren);
  await database.start();
  return database.url;
}

/** What runs cannot reach the old address any more, so nothing is gained by letting it finish. */
async function moveChildren(url) {
  await Promise.all(children.map((child) => child.restart({ DATABASE_URL: url }, MOVE_MS)));
}

async function migrateDatabase(url) {
  const { migrate } = await import(path.join(root, 'shared/dist/database/database.js'));
  const { createLogger } = await import(path.join(root, 'shared/dist/runtime/log.js'));
  await migrate(url, createLogger('scry', 'warn'));
}

async function threadsPerMachine(settings) {
  const { defaultThreads } = await import(path.join(root, 'worker/dist/inference/default-threads.js'));
  return defaultThreads(settings.DEVICE);
}

function startChild(name, script, env, look) {
  const child = new Supervised(name, path.join(root, script), env, look);
  children.push(child);
  child.start();
}

function startChildren(settings, port, databaseUrl, threads) {
  const env = { ...process.env, NODE_ENV: 'production', PORT: String(port), DATABASE_URL: databaseUrl };
  startChild('api', 'api/dist/main.js', env, (line) => {
    keyWasShown ||= FIRST_KEY.test(line);
  });
  const workerEnv = { ...env };
  // Each worker would otherwise take all CPUs, and several would fight for them.
  if (settings.WORKERS > 1 && !env.WORKER_THREADS)
    workerEnv.WORKER_THREADS = String(Math.max(1, Math.floor(threads / settings.WORKERS)));
  workerEnv.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));
  for (const [name, value] of Object.entries(WORKER_MALLOC)) workerEnv[name] ??= value;
  for (let number = 1; number <= settings.WORKERS; number++) {
    const name = settings.WORKERS === 1 ? 'worker' : `worker-${number}`;
    if (settings.WORKER_PORT > 0) workerEnv.WORKER_PORT = String(settings.WORKER_PORT + number - 1);
    startChild(name, 'worker/dist/main.js', { ...workerEnv });
  }
}

/** @returns null when everything is ready, else what is missing, for people */
async function notReady(url) {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) });
    return response.ok ? null : await response.text();
  } catch (error) {
    return `no answer: ${error.cause?.code ?? error.message}`;
  }
}

async function waitUntilReady(url) {
  let noticeAt = Date.now() + READY_NOTICE_MS;
  for (let missing = await notReady(url); missing !== null; missing = await notReady(url)) {
    if (stopping) return;
    if (Date.now() > noticeAt) {
      say('scry', WARN, 'still not ready: %s', missing);
      noticeAt = Date.now() + READY_NOTICE_MS;
    }
    await sleep(READY_POLL_MS);
  }
}

/**
 * The link that signs in the person at this machine, as far as nobody else reaches the server. What follows "#" is not sent
 * by browsers: it is in no log of the server.
 */
async function signInLink(url, settings, databaseUrl) {
  const { isLoopback } = await import(path.join(root, 'shared/dist/runtime/load-config.js'));
  if (!isLoopback(settings.HOST)) return null;
  try {
    const { signInKey } = await import(path.join(root, 'api/dist/auth/kept-key.js'));
    return `${url}/#key=${await signInKey(databaseUrl, settings.DATA_DIR)}`;
  } catch (error) {
    say('scry', WARN, 'no link to sign in: %s', error.message);
    return null;
  }
}

/** The first key is not repeated here: it was shown once, and what is pasted ends up in a shell's history. */
function greet(url, settings, signIn) {
  const needsKey = settings.AUTH === 'key';
  const key = needsKey ? '-H "Authorization: Bearer $SCRY_KEY" ' : '';
  const made = keyWasShown ? 'the first admin key was shown above, once' : 'npm run keys makes one';
  const keyLine = needsKey ? `  Key      ${made}; then: export SCRY_KEY=scry_…\n` : '';
  const signInLine = signIn ? `  Sign in  ${signIn}\n` : '';
  console.log(`
Scry is ready.

  Page     ${url}/
${signInLine}${keyLine}  Try it   curl -s -H 'Prefer: wait=30' ${key}-F 'image=@${SAMPLE}' ${url}/v1/predictions
  Stop     Ctrl-C
`);
}

/** Stops everything in order and exits. Asked again, it kills what is left. */
async function stop(exitCode, deadlineMs = 20_000) {
  if (stopping) {
    for (const child of children) child.kill();
    database?.kill();
    process.exit(130);
  }
  stopping = true;
  say('scry', INFO, 'stopping');
  await Promise.all(children.map((child) => child.stop(deadlineMs + GRACE_MS)));
  await database?.stop();
  say('scry', INFO, 'stopped');
  process.exit(exitCode);
}

/** Signals; and the end of npm, which takes no child with it when it is killed hard. */
function stopWhenTold(deadlineMs) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0, deadlineMs));
  if (process.env.npm_lifecycle_event !== 'start') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && !stopping) void stop(0, deadlineMs);
  }, PARENT_POLL_MS).unref();
}

/** Starts everything; resolves when it is ready. @throws Error with a sentence when it cannot start */
export async function launch() {
  loadEnvFile();
  const settings = await readSettings();
  await checkAccess(settings);
  const port = await checkPort(settings.HOST, settings.PORT);
  stopWhenTold(settings.SHUTDOWN_TIMEOUT_S * 1000);
  try {
    const databaseUrl = await startDatabase(settings);
    await migrateDatabase(databaseUrl);
    startChildren(settings, port, databaseUrl, await threadsPerMachine(settings));
  } catch (error) {
    stopping = true;
    await database?.stop();
    throw error;
  }
  const url = baseUrl(settings.HOST, port);
  await Promise.all(children.map((child) => child.ready));
  await waitUntilReady(url);
  if (stopping) return;
  greet(url, settings, await signInLink(url, settings, database?.url ?? process.env.DATABASE_URL));
}
