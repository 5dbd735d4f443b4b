/**
 * The queue hands out work and owns nothing: every job can be made again from its row in PostgreSQL.
 * One queue per model; a job's id derives from its prediction's, so a prediction never has two jobs.
 * This is the one place that makes BullMQ queues and workers, for redis:// and for postgres:// alike.
 */
import { once } from 'node:events';
import {
  createPostgresBackend,
  DEFAULT_SCHEMA,
  DelayedError,
  type Job,
  type JobsOptions,
  type Processor,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import pg from 'pg';
import type { Parameters } from '../contracts/prediction.js';
import type { Logger } from '../runtime/log.js';

export type { Job } from 'bullmq';

/** Where a job stands; unknown: there is none with this id. */
export type JobState = Awaited<ReturnType<Queue['getJobState']>>;

/** All that a worker needs to answer, so that it never has to read the row first. Times are Unix milliseconds. */
export interface PredictionJob {
  readonly id: string;
  /** Names the stored image. */
  readonly sha256: string;
  readonly parameters: Parameters;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** The queue that carries a model's jobs. */
export function queueName(model: string): string {
  return `scry-${model}`;
}

/** The queue that carries deliveries to webhooks. No model's queue can have this name. */
export const WEBHOOK_QUEUE = 'scry_webhooks';

/** BullMQ refuses ids with ":" and ids of digits alone, hence the prefix. */
export function jobId(predictionId: string): string {
  return `p-${predictionId}`;
}

/** How jobs of predictions are kept and tried again. */
export function jobOptions(attempts: number): JobsOptions {
  return {
    attempts,
    backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
    removeOnComplete: true, // the result is in PostgreSQL; a kept job would block its id
    removeOnFail: { age: 24 * 3600, count: 1000 }, // for people to look at; job recovery reads the row
  };
}

/**
 * Hands a job that is being worked on back to the queue, to be taken again after `ms`. It does not count as a try.
 * @throws DelayedError always: it is how BullMQ learns of it
 */
export async function putOff<T>(job: Job<T, void>, token: string | undefined, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.ceil(ms), token);
  throw new DelayedError();
}

/** BullMQ's worker options less what this module decides. */
export type ConsumeOptions = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** One queue server, whichever kind. Everything made here is closed by `close()`. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /** A producer. Adding fails at once while the server is away: the caller's row is safe and is put back later. */
  queue<T>(name: string): Queue<T>;
  /** A consumer. It waits for the server however long it is away. */
  worker<T>(name: string, processor: Processor<T, void>, options: ConsumeOptions): Worker<T, void>;
  /** Makes what the queues need on the server. Several processes may call it at once. @throws what the driver says */
  prepare(): Promise<void>;
  /** Resolves when the server answers. @throws what the driver says when it does not */
  ping(): Promise<void>;
  /** Settings of the server under which jobs can be lost, in sentences. */
  warnings(): Promise<string[]>;
  /** How often the connection to the server was made anew: when it changes, the newest jobs may be missing. */
  readonly reconnects: number;
  /** Sends one command; only where the server is Redis. @throws at once while it is away */
  readonly command?: (...words: string[]) => Promise<unknown>;
  close(): Promise<void>;
}

/** How often a worker that waits looks for itself, in case a wake-up got lost, seconds. */
const DRAIN_DELAY_S = 2;
const CONNECT_PATIENCE_MS = 2000;

class RedisBackend implements QueueBackend {
  readonly kind = 'redis';
  readonly #url: string;
  readonly #log: Logger;
  readonly #producer: Redis;
  readonly #open: { close(): Promise<void> }[] = [];
  readonly #connections: Redis[] = [];
  #connected = 0;

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
    this.#producer = this.#connect({
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 2000,
    });
    this.#producer.on('ready', () => this.#connected++);
  }

  get reconnects(): number {
    return Math.max(0, this.#connected - 1);
  }

  #connect(options: Omit<RedisOptions, 'replyMapping'>): Redis {
    const retryStrategy = (tries: number) => Math.min(100 * 2 ** tries, 2000);
    const connection = new Redis(this.#url, { ...options, retryStrategy });
    connection.on('error', (error) =>
      this.#log.warn({ error: error.message }, 'Redis connection failed; trying again'),
    );
    this.#connections.push(connection);
    return connection;
  }

  queue<T>(name: string): Queue<T> {
    // The version check would run once, now, and a queue made while the server is away would fail for ever.
    const queue = new Queue<T>(name, {
      connection: this.#producer,
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });
    queue.on('error', (error) => this.#log.warn({ queue: name, error: error.message }, 'queue'));
    this.#open.push(queue);
    return queue;
  }

  worker<T>(name: string, processor: Processor<T, void>, options: ConsumeOptions): Worker<T, void> {
    const connection = this.#connect({ maxRetriesPerRequest: null });
    const worker = new Worker<T, void>(name, processor, {
      drainDelay: DRAIN_DELAY_S,
      ...options,
      connection,
    });
    worker.on('error', (error) => this.#log.warn({ queue: name, error: error.message }, 'queue worker'));
    this.#open.push(worker);
    return worker;
  }

  /** Gives the connection a moment to stand, so that the first jobs find it. A server that is away is not waited for. */
  async prepare(): Promise<void> {
    if (this.#producer.status === 'ready') return;
    const patience = AbortSignal.timeout(CONNECT_PATIENCE_MS);
    await once(this.#producer, 'ready', { signal: patience }).catch((error: Error) => {
      this.#log.warn({ error: error.message }, 'Redis does not answer yet');
    });
  }

  async ping(): Promise<void> {
    await this.#producer.ping();
  }

  readonly command = (...words: string[]): Promise<unknown> => {
    const [name, ...rest] = words;
    return this.#producer.call(name as string, ...rest);
  };

  async warnings(): Promise<string[]> {
    const [, policy] = (await this.#producer.config('GET', 'maxmemory-policy')) as string[];
    const [, appendOnly] = (await this.#producer.config('GET', 'appendonly')) as string[];
    const warnings: string[] = [];
    if (policy !== undefined && policy !== 'noeviction') {
      warnings.push(`Redis may evict jobs: its maxmemory-policy is "${policy}"; set it to "noeviction".`);
    }
    if (appendOnly === 'no') {
      warnings.push(
        'Redis forgets its jobs when it restarts: turn on appendonly. Scry puts them back from its rows, later.',
      );
    }
    return warnings;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((resource) => resource.close()));
    for (const connection of this.#connections) connection.disconnect();
  }
}

class PostgresBackend implements QueueBackend {
  readonly kind = 'postgres';
  readonly reconnects = 0; // what was committed is there, whatever happened to the connection
  readonly #log: Logger;
  readonly #pool: pg.Pool;
  readonly #open: { close(): Promise<void> }[] = [];

  constructor(url: string, poolSize: number, log: Logger) {
    this.#log = log;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: 5000,
      application_name: 'scry-queue',
      keepAlive: true,
      options: `-c search_path=${DEFAULT_SCHEMA}`, // BullMQ's statements name their tables without it
    });
    this.#pool.on('error', (error) =>
      log.warn({ error: error.message }, 'queue database connection failed; trying again'),
    );
  }

  queue<T>(name: string): Queue<T> {
    const queue = new Queue<T>(name, { connection: this.#pool as never }, createPostgresBackend as never);
    queue.on('error', (error) => this.#log.warn({ queue: name, error: error.message }, 'queue'));
    this.#open.push(queue);
    return queue;
  }

  worker<T>(name: string, processor: Processor<T, void>, options: ConsumeOptions): Worker<T, void> {
    const all = { drainDelay: DRAIN_DELAY_S, ...options, connection: this.#pool as never };
    const worker = new Worker<T, void>(name, processor, all, createPostgresBackend as never);
    worker.on('error', (error) => this.#log.warn({ queue: name, error: error.message }, 'queue worker'));
    this.#open.push(worker as never);
    return worker;
  }

  async prepare(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
  }

  async ping(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }

  warnings(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((resource) => resource.close()));
    await this.#pool.end();
  }
}

/**
 * Opens the queue server that a URL names. Connects lazily; see `ping` for whether it answers.
 * @param url redis://, rediss://, postgres:// or postgresql://
 * @param poolSize connections to PostgreSQL at the most (Redis uses one per consumer and one for producers)
 */
export function openQueueBackend(url: string, poolSize: number, log: Logger): QueueBackend {
  return /^rediss?:/.test(url) ? new RedisBackend(url, log) : new PostgresBackend(url, poolSize, log);
}
