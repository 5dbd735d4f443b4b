/** The connection pool to PostgreSQL, and its migrations. Only this folder speaks SQL. */
import { fileURLToPath } from 'node:url';
import { isNativeError } from 'node:util/types';
import pg from 'pg';
import type { Logger } from '../runtime/log.js';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
/** Apart, because the queue may be on a server of its own. */
const QUEUE_MIGRATIONS = fileURLToPath(new URL('../../queue-migrations', import.meta.url));

/** A statement slower than this is ended by the server: nothing here should come near it. */
const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * Set on each new connection, not asked for in its start-up message: PgBouncer refuses parameters there.
 *
 * Named statements get one plan each, and it uses an index. PostgreSQL would plan statements about arrays again each time,
 * which cost more than running them (a claim took 0.27 CPU ms and takes 0.07); and plans made while the tables are empty
 * would read whole tables, and stay while these grow. Every statement here has its index.
 */
const CONNECTION_SETTINGS = `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan`;

/** For statements whose best index depends on what is asked: one plan for all filters fits none (44 ms instead of 0.05). */
const PLAN_FOR_VALUES = 'BEGIN; SET LOCAL plan_cache_mode = force_custom_plan';

/** Runs one statement of a transaction. */
export type Query = <Row extends pg.QueryResultRow>(
  text: string,
  values: readonly unknown[],
) => Promise<Row[]>;

export interface DatabaseOptions {
  /** Connections at the most. */
  readonly max: number;
  /** Shown in pg_stat_activity: "scry-api", "scry-worker". */
  readonly name: string;
  readonly log: Logger;
}

export class Database {
  readonly url: string;
  readonly #pool: pg.Pool;

  constructor(url: string, options: DatabaseOptions) {
    this.url = url;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: options.max,
      application_name: options.name,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      onConnect: async (client) => {
        await client.query(CONNECTION_SETTINGS);
      },
    });
    // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
    this.#pool.on('error', (error) =>
      options.log.warn({ error: error.message }, 'database connection failed; trying again'),
    );
  }

  /**
   * Runs one statement, prepared once per connection under its name.
   * @throws what PostgreSQL or the connection says
   */
  async run<Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const result = await this.#pool.query<Row>({ name, text, values: values as unknown[] });
    return result.rows;
  }

  /**
   * Runs one statement whose text or filter varies, planned for the values it comes with, in a transaction of its own.
   * @throws what PostgreSQL or the connection says
   */
  query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.transaction((query) => query<Row>(text, values));
  }

  /**
   * Runs statements one after the other in one transaction, on one connection: each sees what was committed before it.
   * @throws what PostgreSQL, the connection or the work says; nothing was changed then
   */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query(PLAN_FOR_VALUES);
      const query: Query = async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
        (await client.query<Row>(text, values as unknown[])).rows;
      const result = await work(query);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((cause: Error) => {
        broken = cause; // the connection is replaced
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Resolves when the database answers. */
  async ping(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** Opens a pool; connects at the first use. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  return new Database(url, options);
}

/** Brings the tables up to date. Several processes may call it at once: each migration runs once. */
export function migrate(url: string, log: Logger): Promise<void> {
  return apply(url, MIGRATIONS, 'scry_migrations', log);
}

/** The same for the table of jobs, where the queue is on PostgreSQL. */
export function migrateQueue(url: string, log: Logger): Promise<void> {
  return apply(url, QUEUE_MIGRATIONS, 'scry_queue_migrations', log);
}

async function apply(url: string, dir: string, migrationsTable: string, log: Logger): Promise<void> {
  const logger = {
    debug: () => {},
    info: () => {},
    warn: (text: string) => log.warn(text),
    error: (text: string) => log.error(text),
  };
  const { runner } = await import('node-pg-migrate');
  const applied = await runner({
    databaseUrl: url,
    dir,
    migrationsTable,
    direction: 'up',
    migrationLoaderStrategies: [{ extensions: ['.sql'], loader: 'sql' }],
    advisoryLockMode: 'wait',
    logger,
  });
  for (const { name } of applied) log.info({ migration: name }, 'database migrated');
}

/**
 * SQLSTATE classes and codes of faults that pass by themselves: connections, resources, shutdown, timeout, deadlock,
 * serialisation; 55000: the database takes no connections (ALLOW_CONNECTIONS false).
 */
const PASSING_SQLSTATE = /^(08|53|57P0|57014|40001|40P01|55P03|55000)/;
const PASSING_SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]);
const PASSING_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/i;

/** True when a failed statement is worth trying again: the database is unavailable or overloaded, not asked for something wrong. */
export function isPassing(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return PASSING_SQLSTATE.test(code) || PASSING_SOCKET.has(code) || PASSING_TEXT.test(error.message);
}
