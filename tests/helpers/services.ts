/**
 * Real services for tests: databases from the run's PostgreSQL (started in postgres-setup.mjs), and Redis servers
 * that a test may stop, kill and start again.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { migrate } from '@scry/shared/database/database';
import { createLogger } from '@scry/shared/runtime/log';
import { Redis } from 'ioredis';
import pg from 'pg';
import { ended, spawnGuarded } from '../../scripts/lib/guarded-process.mjs';

const TEMPLATE = 'scry_template';
const TEMPLATE_LOCK = 7_293_001;

export const quiet = createLogger('test', 'silent');

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Removes the database. @throws Error naming who is still connected to it */
  drop(): Promise<void>;
}

async function asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = process.env.SCRY_TEST_POSTGRES;
  if (!url)
    throw new Error('No PostgreSQL runs: run tests through jest.config.mjs, in integration/ or e2e/.');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(name: string): string {
  const url = new URL(process.env.SCRY_TEST_POSTGRES as string);
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes the migrated template once, whichever test file comes first. */
async function ensureTemplate(admin: pg.Client): Promise<void> {
  await admin.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rows } = await admin.query('SELECT datistemplate FROM pg_database WHERE datname = $1', [
      TEMPLATE,
    ]);
    if (rows[0]?.datistemplate) return;
    if (rows.length > 0) await admin.query(`DROP DATABASE ${TEMPLATE}`);
    await admin.query(`CREATE DATABASE ${TEMPLATE}`);
    await migrate(urlOf(TEMPLATE), quiet);
    await admin.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true`);
  } finally {
    await admin.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function dropDatabase(name: string): Promise<void> {
  await asAdmin(async (admin) => {
    const { rows } = await admin.query(
      'SELECT application_name, query FROM pg_stat_activity WHERE datname = $1',
      [name],
    );
    try {
      await admin.query(`DROP DATABASE ${name}`); // waits up to 5 s for connections that are just closing
    } catch (error) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      const who = rows.map((row) => `${row.application_name || 'unnamed'} (${row.query})`).join('; ');
      throw new Error(`connections to ${name} were left open: ${who}`, { cause: error });
    }
  });
}

/** A migrated database of one's own; call `drop` when all connections to it are closed. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(async (admin) => {
    await ensureTemplate(admin);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  });
  return { url: urlOf(name), name, drop: () => dropDatabase(name) };
}

/** Cuts all connections to a database, and lets nobody connect until the work is done. */
export async function withoutConnections(
  { name }: TestDatabase,
  work: () => Promise<unknown>,
): Promise<void> {
  await asAdmin(async (admin) => {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    try {
      await work();
    } finally {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    }
  });
}

/** An empty database without Scry's tables, for tests of migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin((admin) => admin.query(`CREATE DATABASE ${name}`));
  return { url: urlOf(name), name, drop: () => dropDatabase(name) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Another process may take a port between its being found free and its being used. */
const PORT_TRIES = 3;

type RedisProcess = ReturnType<typeof spawnGuarded>;

/** A redis-server with an append-only file and no eviction, as Scry needs it. Moves running ⇄ stopped → removed. */
export class TestRedis {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  #process: RedisProcess | null = null;

  constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** Starts it, with the data that it had. @throws Error with what redis-server said */
  async start(): Promise<void> {
    const options = { dir: this.#folder, appendonly: 'yes', 'maxmemory-policy': 'noeviction', save: '' };
    const child = spawnGuarded('TERM', 'redis-server', [
      '--port',
      String(this.#port),
      '--bind',
      '127.0.0.1',
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ]);
    const said: string[] = [];
    const ready = new Promise<'ready'>((resolve) => {
      if (!child.stdout) throw new Error('redis-server has no output');
      createInterface({ input: child.stdout }).on('line', (line) => {
        said.push(line);
        if (line.includes('Ready to accept connections')) resolve('ready');
      });
    });
    const outcome = await Promise.race([ready, ended(child)]);
    if (outcome !== 'ready') throw new Error(`redis-server: ${outcome}\n${said.slice(-5).join('\n')}`);
    this.#process = child;
  }

  /** Ends it cleanly; its data stay for `start`. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it as a crash would; what it had flushed stays for `start`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it and starts it again on the same port. */
  async restart(options: { readonly data: 'kept' | 'lost' }): Promise<void> {
    await this.stop();
    if (options.data === 'lost')
      await rm(path.join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
    await this.start();
  }

  /** Makes it hang, answering nothing, until `resume`. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Changes a setting while it runs. */
  async configure(name: string, value: string): Promise<void> {
    const connection = new Redis(this.url);
    await connection.config('SET', name, value);
    connection.disconnect();
  }

  /**
   * Leaves what it holds as if its clock had been set back by so long: every deadline lies so much further ahead.
   * Knows BullMQ's keys.
   */
  async setClockBack(ms: number): Promise<void> {
    const connection = new Redis(this.url);
    const expiring = [
      ...(await connection.keys('bull:*:lock')),
      ...(await connection.keys('bull:*:stalled-check')),
    ];
    for (const key of expiring) await connection.pexpire(key, Math.max(0, await connection.pttl(key)) + ms);
    for (const key of await connection.keys('bull:*:delayed'))
      for (const id of (await connection.call('ZRANGE', key, '0', '-1')) as string[])
        await connection.call('ZINCRBY', key, String(ms * 4096), id);
    connection.disconnect();
  }

  /** How many clients are connected to it. */
  async connections(): Promise<number> {
    const connection = new Redis(this.url);
    const list = String(await connection.client('LIST'));
    connection.disconnect();
    return list.trim().split('\n').length - 1;
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child) return;
    const end = ended(child);
    child.kill(signal);
    await end;
  }
}

/** Whether tests with Redis can run here. */
export function redisIsInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** Starts a Redis of one's own; null, with a notice, where redis-server is not installed. */
export async function startRedis(): Promise<TestRedis | null> {
  if (!redisIsInstalled()) {
    process.stderr.write(
      'redis-server is not installed: tests with Redis are skipped (apt-get install redis-server)\n',
    );
    return null;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-redis-'));
  for (let triesLeft = PORT_TRIES; ; triesLeft--) {
    const redis = new TestRedis(await freePort(), folder);
    try {
      await redis.start(); // it cannot be told to take a free port by itself
      return redis;
    } catch (error) {
      if (triesLeft === 0 || !/Address already in use/i.test((error as Error).message)) throw error;
    }
  }
}
