/** A queue server of either kind for tests, with what only its kind can do to it: breaking it, and moving its clock. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@scry/shared/database/database';
import { PostgresJobServer } from '@scry/shared/queue/postgres';
import { RedisJobServer } from '@scry/shared/queue/redis';
import type { JobServer } from '@scry/shared/queue/server';
import type { Logger } from '@scry/shared/runtime/log';
import { Redis } from 'ioredis';
import { ended, spawnGuarded } from '../../scripts/lib/guarded-process.mjs';
import { createDatabase, quiet, redisIsInstalled, startRedis } from './services.js';

const HOLDER = fileURLToPath(new URL('./job-holder.mjs', import.meta.url));

export const KINDS = redisIsInstalled() ? (['postgres', 'redis'] as const) : (['postgres'] as const);
export type Kind = (typeof KINDS)[number];

export interface TestJobServer {
  readonly kind: Kind;
  readonly url: string;
  /** Opens one more client, as another process would. Closed by `remove`. */
  open(log?: Logger): JobServer;
  /** Ends every connection to the server. */
  disconnect(): Promise<void>;
  /** Leaves all that is stored as if the server's clock had been set back by so long. */
  setClockBack(ms: number): Promise<void>;
  /** Lets the locks of all running jobs run out, as if their processes had died a while ago. */
  expireLocks(): Promise<void>;
  /** Connections that clients hold now. */
  connections(): Promise<number>;
  /** Connections that asked for anything within the last so many seconds. */
  busyConnections(seconds: number): Promise<number>;
  /** How long the longest lock still lasts, milliseconds; 0: there is none. */
  longestLockMs(): Promise<number>;
  /** Starts a process that takes jobs and never ends them; resolves when it holds so many. @returns what kills it */
  hold(queue: string, count: number): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

async function hold(url: string, queue: string, count: number): Promise<() => Promise<void>> {
  const child = spawnGuarded('KILL', process.execPath, [HOLDER, url, queue, String(count)], { ipc: true });
  const end = ended(child);
  await Promise.race([
    once(child, 'message'),
    end.then((how: string) => Promise.reject(new Error(`the process ended first: ${how}`))),
  ]);
  return async () => {
    child.kill('SIGKILL');
    await end;
  };
}

/** Starts, or makes, a queue server of one's own. */
export function startJobServer(kind: Kind): Promise<TestJobServer> {
  return kind === 'redis' ? startOnRedis() : startOnPostgres();
}

async function startOnRedis(): Promise<TestJobServer> {
  const server = await startRedis();
  if (!server) throw new Error('redis-server is not installed');
  const redis = new Redis(server.url);
  const opened: JobServer[] = [];
  const keys = (pattern: string) => redis.keys(pattern);
  return {
    kind: 'redis',
    url: server.url,
    open(log = quiet) {
      const opening = new RedisJobServer(server.url, log);
      opened.push(opening);
      return opening;
    },
    async disconnect() {
      for (const type of ['pubsub', 'normal'])
        await redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    },
    setClockBack: (ms) => server.setClockBack(ms),
    async expireLocks() {
      const locks = await keys('bull:*:lock');
      if (locks.length > 0) await redis.del(...locks);
    },
    async connections() {
      const lines = String(await redis.client('LIST'))
        .trim()
        .split('\n');
      return lines.length - 1;
    },
    async busyConnections(seconds) {
      const idle = [...String(await redis.client('LIST')).matchAll(/ idle=(\d+)/g)];
      return idle.filter(([, since]) => Number(since) < seconds).length - 1;
    },
    async longestLockMs() {
      const left = (await keys('bull:*:lock')).map((key) => redis.pttl(key));
      return Math.max(0, ...(await Promise.all(left)));
    },
    hold: (queue, count) => hold(server.url, queue, count),
    async remove() {
      for (const one of opened) await one.close();
      redis.disconnect();
      await server.remove();
    },
  };
}

async function startOnPostgres(): Promise<TestJobServer> {
  const database = await createDatabase();
  const admin = openDatabase(database.url, { max: 1, name: 'test-admin', log: quiet });
  const opened: JobServer[] = [];
  const others = `datname = current_database() AND application_name <> 'test-admin'`;
  return {
    kind: 'postgres',
    url: database.url,
    open(log = quiet) {
      const opening = new PostgresJobServer(database.url, 8, log);
      opened.push(opening);
      return opening;
    },
    async disconnect() {
      await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`);
    },
    async setClockBack(ms) {
      await admin.query(`UPDATE queue_jobs SET due_at = due_at + $1 * interval '1 ms' WHERE due_at > now()`, [
        ms,
      ]);
    },
    async expireLocks() {
      await admin.query(`UPDATE queue_jobs SET due_at = now() WHERE token IS NOT NULL`);
    },
    async connections() {
      const rows = await admin.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE ${others} AND backend_type = 'client backend'`,
      );
      return rows[0]?.n ?? 0;
    },
    async busyConnections(seconds) {
      const rows = await admin.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE ${others} AND query_start > now() - $1 * interval '1 s'`,
        [seconds],
      );
      return rows[0]?.n ?? 0;
    },
    async longestLockMs() {
      const rows = await admin.query<{ ms: number }>(
        `SELECT coalesce(max(extract(epoch FROM due_at - now())), 0)::float8 * 1000 AS ms FROM queue_jobs WHERE token IS NOT NULL`,
      );
      return rows[0]?.ms ?? 0;
    },
    hold: (queue, count) => hold(database.url, queue, count),
    async remove() {
      for (const one of opened) await one.close();
      await admin.close();
      await database.drop();
    },
  };
}
