/** Queues on Redis: BullMQ's, with one producer connection for all of them. */
import { once } from 'node:events';
import {
  createRedisBackend,
  type Job,
  type JobsOptions,
  Queue,
  type QueueOptions,
  type RedisQueueBackend,
} from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../runtime/log.js';
import { ThrottledLog } from '../runtime/throttled-log.js';
import { JobConsumer } from './consumer.js';
import type { FoundJob, JobCounts, JobOptions, JobState, ListedJob, NewJob } from './job.js';
import { channelName, queueName } from './redis-names.js';
import { RedisJobSource } from './redis-source.js';
import type { JobServer } from './server.js';

const CONNECT_PATIENCE_MS = 2000;
/** Nobody reads BullMQ's event streams here; by default each queue keeps ten thousand events. */
const EVENTS_KEPT = 10;
/** A path that went silent is given up after this long with a command on its way, milliseconds. */
const SILENT_MS = 15_000;
const FAILED_KEPT = { age: 24 * 3600, count: 1000 };

function bullOptions({ attempts, keepFailed, delayMs = 0 }: JobOptions): JobsOptions {
  return {
    attempts,
    delay: delayMs,
    removeOnComplete: true, // the result is in PostgreSQL; a kept job would block its id
    removeOnFail: keepFailed ? FAILED_KEPT : true,
  };
}

function toFound(job: Job): FoundJob {
  return { data: job.data as unknown, failedReason: job.finishedOn ? (job.failedReason ?? '') : null };
}

export class RedisJobServer implements JobServer {
  readonly kind = 'redis';
  readonly #url: string;
  readonly #log: ThrottledLog;
  readonly #logger: Logger;
  readonly #producer: Redis;
  readonly #base: RedisQueueBackend;
  readonly #queues = new Map<string, Queue>();
  #connected = 0;

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#logger = log;
    this.#log = new ThrottledLog(log);
    this.#producer = this.#connect({
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 2000,
    });
    this.#producer.on('ready', () => this.#connected++);
    this.#base = createRedisBackend('scry', this.#queueOptions());
    this.#base.on('error', () => undefined); // the connection's own, which is reported above
  }

  get reconnects(): number {
    return Math.max(0, this.#connected - 1);
  }

  async add(queue: string, jobs: readonly NewJob[], options: JobOptions): Promise<void> {
    const [first, ...others] = jobs.map(({ id, data }) => ({
      name: 'job',
      data,
      opts: { ...bullOptions(options), jobId: id },
    }));
    if (!first) return;
    const bull = this.#queue(queue);
    // One alone goes without a pipeline, whose making costs as much as the job's adding (0.1 ms with ioredis).
    const adding =
      others.length === 0 ? bull.add(first.name, first.data, first.opts) : bull.addBulk([first, ...others]);
    await adding;
    if (!options.delayMs)
      await this.#producer.publish(channelName(this.#producer, queue), String(jobs.length));
  }

  async remove(queue: string, id: string): Promise<void> {
    await this.#queue(queue).remove(id);
  }

  /** By their ids: asking for their states instead would search the list of waiting jobs. */
  async find(jobs: readonly { readonly queue: string; readonly id: string }[]): Promise<(FoundJob | null)[]> {
    const found = await Promise.all(jobs.map(({ queue, id }) => this.#queue(queue).getJob(id)));
    return found.map((job) => (job ? toFound(job) : null));
  }

  counts(queues: readonly string[]): Promise<JobCounts[]> {
    return Promise.all(
      queues.map(async (queue) => {
        const { wait, active, delayed, failed } = await this.#queue(queue).getJobCounts(
          'wait',
          'active',
          'delayed',
          'failed',
        );
        return { wait: wait ?? 0, active: active ?? 0, delayed: delayed ?? 0, failed: failed ?? 0 };
      }),
    );
  }

  async list(queue: string, state: JobState, start: number, end: number): Promise<ListedJob[]> {
    const jobs = await this.#queue(queue).getJobs([state], start, end);
    return jobs.map((job) => ({
      ...toFound(job),
      id: String(job.id),
      addedAt: job.timestamp,
      attemptsMade: job.attemptsMade,
    }));
  }

  async forget(queue: string): Promise<void> {
    await this.#queue(queue).obliterate({ force: true });
    this.#queues.delete(queue);
  }

  consumer(): JobConsumer {
    return new JobConsumer((events) => {
      const waiting = { maxRetriesPerRequest: null };
      const commands = this.#connect({ ...waiting, socketTimeout: SILENT_MS });
      return new RedisJobSource({ commands, subscriber: this.#connect(waiting), events });
    }, this.#logger);
  }

  /** Gives the connection a moment to stand, so that the first jobs find it. A server that is unavailable is not waited for. */
  async prepare(): Promise<void> {
    if (this.#producer.status === 'ready') return;
    const patience = AbortSignal.timeout(CONNECT_PATIENCE_MS);
    await once(this.#producer, 'ready', { signal: patience }).catch((error: Error) => {
      this.#log.warn({ error: error.message }, 'Redis does not answer yet');
    });
  }

  /** Writes: a server that is full, read-only or cannot save its data answers reads as ever. */
  async check(): Promise<void> {
    try {
      await this.#producer.set('scry:check', '1', 'PX', 1000);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`Redis does not take jobs: ${message}`, { cause: error });
    }
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
        'Redis forgets its jobs when it restarts: turn on appendonly. Scry makes them again from its rows, later.',
      );
    }
    return warnings;
  }

  close(): Promise<void> {
    this.#producer.disconnect();
    return Promise.resolve();
  }

  #connect(options: Omit<RedisOptions, 'replyMapping'>): Redis {
    const retryStrategy = (tries: number) => Math.min(100 * 2 ** tries, 2000);
    const connection = new Redis(this.#url, { ...options, retryStrategy });
    connection.on('error', (error) =>
      this.#log.warn({ error: error.message }, 'Redis connection failed; trying again'),
    );
    return connection;
  }

  /** The version check would run once, now, and a queue made while the server is unavailable would fail for ever. */
  #queueOptions(): QueueOptions {
    return {
      connection: this.#producer,
      skipWaitingForReady: true,
      skipVersionCheck: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
    };
  }

  #queue(queue: string): Queue {
    const known = this.#queues.get(queue);
    if (known) return known;
    const name = queueName(queue);
    const bull = new Queue(name, this.#queueOptions(), (() => this.#base.forQueue(name)) as never) as Queue;
    bull.on('error', (error) => this.#log.warn({ queue, error: error.message }, 'a queue reported an error'));
    this.#queues.set(queue, bull);
    return bull;
  }
}
