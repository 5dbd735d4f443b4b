/**
 * Jobs from BullMQ queues on Redis, all through two connections: one for commands, and one that hears of added jobs.
 * BullMQ's own scripts move the jobs; in the place of its workers, which hold a connection each, this takes jobs when it
 * hears of them.
 */
import { randomUUID } from 'node:crypto';
import { createRedisBackend, type RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobEnd, TakenJob } from './job.js';
import { LOOK } from './redis-look.js';
import { channelName, queueName } from './redis-names.js';
import { JobLost, type JobSource, LOCK_MS, LOOK_EVERY_MS, type SourceEvents, type Want } from './source.js';

/** Two looks apart: the first notes which jobs are worked on, the second which of them have no lock any more. */
const STALLED_CHECK_MS = 2 * LOOK_EVERY_MS - 200;
/** Jobs may be found stalled as often as they like: what kills processes is found out in quarantine, by image. */
const MAX_STALLED = 1_000_000;
const FAILED_KEPT = { age: 24 * 3600, count: 1000 };

/** What BullMQ gives of a job that it moved; see its `JobJsonRaw`. */
interface RawJob {
  readonly id?: string;
  readonly data: string;
  readonly opts: { readonly attempts?: number; readonly removeOnFail?: unknown };
  readonly attemptsMade?: number | string;
  readonly stalledCounter?: number | string;
}

interface Parts {
  readonly commands: Redis;
  readonly subscriber: Redis;
  readonly events: SourceEvents;
}

export class RedisJobSource implements JobSource {
  readonly settlesWithNext = true;
  readonly #commands: Redis;
  readonly #subscriber: Redis;
  readonly #base: RedisQueueBackend;
  readonly #backends = new Map<string, RedisQueueBackend>();
  /** Whether a job that failed for good is kept, by job. */
  readonly #kept = new WeakMap<TakenJob, boolean>();
  readonly #id = randomUUID();
  #taken = 0;

  constructor({ commands, subscriber, events }: Parts) {
    this.#commands = commands;
    this.#subscriber = subscriber;
    this.#base = createRedisBackend('scry', {
      connection: commands,
      skipVersionCheck: true,
      skipWaitingForReady: true,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED,
    } as never);
    this.#base.on('error', () => undefined); // the connection's own, which whoever opened it reports
    const prefix = channelName(commands, '');
    subscriber.on('message', (channel: string, count: string) =>
      events.onAdded(channel.slice(prefix.length), Number(count)),
    );
    subscriber.on('ready', () => events.onReconnected());
  }

  subscribe(queue: string): void {
    // While the server is unavailable the command waits; its looks cover what is missed meanwhile.
    this.#subscriber.subscribe(channelName(this.#commands, queue)).catch(() => undefined);
  }

  unsubscribe(queue: string): void {
    this.#backends.delete(queue);
    this.#subscriber.unsubscribe(channelName(this.#commands, queue)).catch(() => undefined);
  }

  async take(wants: readonly Want[], onJob: (job: TakenJob) => void): Promise<void> {
    const each = wants.flatMap(({ queue, count }) =>
      Array.from({ length: count }, () => this.#takeOne(queue, onJob)),
    );
    const failed = (await Promise.allSettled(each)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  async #takeOne(queue: string, onJob: (job: TakenJob) => void): Promise<void> {
    const token = `${this.#id}:${this.#taken++}`;
    const [raw, id] = (await this.#backend(queue).moveToActive(token)) as [RawJob | null, string];
    if (raw) onJob(this.#job(queue, raw, id, token));
  }

  async settle(job: TakenJob, end: JobEnd, takeNext: boolean): Promise<TakenJob | null> {
    const next = await this.#move(job, end, takeNext).catch((error: Error & { code?: number }) => {
      // BullMQ's own codes: the job, its lock or its place among the active ones is missing.
      throw typeof error.code === 'number' && error.code < 0 ? new JobLost(error.message) : error;
    });
    const [raw, id] = Array.isArray(next) ? (next as [RawJob | null, string]) : [null, ''];
    return raw ? this.#job(job.queue, raw, id, job.token) : null;
  }

  async #move(job: TakenJob, end: JobEnd, fetchNext: boolean): Promise<unknown> {
    const backend = this.#backend(job.queue);
    const { id, token, attempts } = job;
    const minimal = { id, opts: { attempts } } as never;
    if (end.kind === 'done')
      return (await backend.moveToCompleted(minimal, null, true, token, fetchNext)).result;
    if (end.kind === 'put-off')
      return backend.moveToDelayed(id, Date.now(), end.ms, token, { skipAttempt: true, fetchNext });
    const fieldsToUpdate = { failedReason: end.reason };
    if (end.kind === 'retry')
      return backend.moveToDelayed(id, Date.now(), end.ms, token, { fieldsToUpdate, fetchNext });
    const keep = this.#kept.get(job) ? FAILED_KEPT : true;
    return (await backend.moveToFailed(minimal, end.reason, keep, token, fetchNext, fieldsToUpdate)).result;
  }

  async renew(jobs: readonly TakenJob[]): Promise<readonly TakenJob[]> {
    const lost = await Promise.all(
      [...new Set(jobs.map(({ queue }) => queue))].map(async (queue) => {
        const some = jobs.filter((job) => job.queue === queue);
        const ids = some.map(({ id }) => id);
        const tokens = some.map(({ token }) => token);
        const failed = new Set(await this.#backend(queue).extendLocks(ids, tokens, LOCK_MS));
        return some.filter(({ id }) => failed.has(id));
      }),
    );
    return lost.flat();
  }

  async release(jobs: readonly TakenJob[]): Promise<void> {
    await Promise.all(
      jobs.map(({ queue, id, token }) => this.#backend(queue).moveJobFromActiveToWait(id, token)),
    );
    await Promise.all(
      jobs.map(({ queue }) => this.#commands.publish(channelName(this.#commands, queue), '1')),
    );
  }

  async look(queues: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const prefixes = queues.map((queue) => this.#backend(queue).toKey(''));
    const found = (await this.#commands.eval(LOOK, 0, LOCK_MS, STALLED_CHECK_MS, ...prefixes)) as number[];
    const waiting = new Map<string, number>();
    const checks: Promise<void>[] = [];
    for (let index = 0; index < found.length; index += 3) {
      const [place, jobs, active] = found.slice(index, index + 3) as [number, number, number];
      const queue = queues[place] as string;
      waiting.set(queue, jobs);
      if (active > 0) checks.push(this.#takeBackStalled(queue, waiting));
    }
    await Promise.all(checks);
    return waiting;
  }

  async #takeBackStalled(queue: string, waiting: Map<string, number>): Promise<void> {
    const stalled = await this.#backend(queue).moveStalledJobsToWait();
    waiting.set(queue, (waiting.get(queue) ?? 0) + stalled.length);
  }

  close(): Promise<void> {
    this.#commands.disconnect();
    this.#subscriber.disconnect();
    return Promise.resolve();
  }

  #backend(queue: string): RedisQueueBackend {
    const known = this.#backends.get(queue);
    if (known) return known;
    const backend = this.#base.forQueue(queueName(queue)) as RedisQueueBackend;
    this.#backends.set(queue, backend);
    return backend;
  }

  #job(
    queue: string,
    { data, opts, attemptsMade, stalledCounter }: RawJob,
    id: string,
    token: string,
  ): TakenJob {
    const job: TakenJob = {
      queue,
      id,
      data: JSON.parse(data) as unknown,
      attempts: opts.attempts ?? 1,
      attemptsMade: Number(attemptsMade ?? 0),
      deaths: Number(stalledCounter ?? 0),
      token,
    };
    this.#kept.set(job, opts.removeOnFail !== true);
    return job;
  }
}
