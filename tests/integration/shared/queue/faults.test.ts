/** What a consumer does while the queue's server cannot do its part. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openJobServer } from '@scry/shared/queue/open';
import type { Logger } from '@scry/shared/runtime/log';
import { until } from '../../../helpers/app.js';
import { createDatabase, redisIsInstalled, startRedis, type TestRedis } from '../../../helpers/services.js';

const itWithRedis = redisIsInstalled() ? it : it.skip;
const ONCE = { attempts: 1, keepFailed: false };

/** Counts what is logged. */
function counting(): { log: Logger; lines: () => number } {
  let lines = 0;
  const line = () => {
    lines++;
  };
  const log = {
    trace: line,
    debug: line,
    info: line,
    warn: line,
    error: line,
    fatal: line,
    child: () => log,
  };
  return { log: log as unknown as Logger, lines: () => lines };
}

async function settled(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`still waiting until ${what}`);
    await sleep(50);
  }
}

it('says nothing while it connects to PostgreSQL for the first time', async () => {
  const database = await createDatabase();
  const { log, lines } = counting();
  const server = await openJobServer(database.url, 1, log);
  await server.prepare();
  const before = lines();
  const consumer = server.consumer();
  const done = new Promise<void>((resolve) => {
    consumer.add('first', {
      concurrency: 1,
      process: async () => {
        resolve();
        return 'done';
      },
    });
  });
  await server.add('first', [{ id: 'j-1', data: {} }], ONCE);
  await done;
  expect(lines()).toBe(before);
  await consumer.close();
  await server.close();
  await database.drop();
});

itWithRedis(
  'says that jobs cannot be taken while Redis is out of memory, in few words, and goes on after',
  async () => {
    const redis = (await startRedis()) as TestRedis;
    const { log, lines } = counting();
    const server = await openJobServer(redis.url, 1, log);
    await server.prepare();
    await server.add('full', [{ id: 'j-1', data: {} }], ONCE);
    await redis.configure('maxmemory', '1');
    const consumer = server.consumer();
    let done = 0;
    consumer.add('full', {
      concurrency: 4,
      process: async () => {
        done++;
        return 'done';
      },
    });
    await settled('it has noticed', async () => consumer.problem()?.includes('OOM') ?? false);
    expect(consumer.problem()).toMatch(/^jobs could not be taken for \d+ s: .*OOM/);
    expect(lines()).toBeLessThan(10);
    await redis.configure('maxmemory', '0');
    await settled('the job was done', async () => done === 1);
    expect(consumer.problem()).toBeNull();
    await consumer.close();
    await server.close();
    await redis.remove();
  },
);

itWithRedis('says that the queue does not answer while Redis hangs', async () => {
  const redis = (await startRedis()) as TestRedis;
  const { log, lines } = counting();
  const server = await openJobServer(redis.url, 1, log);
  await server.prepare();
  const consumer = server.consumer();
  let done = 0;
  consumer.add('hanging', {
    concurrency: 1,
    process: async () => {
      done++;
      return 'done';
    },
  });
  await until('it looks', async () => consumer.problem() === null);
  redis.pause();
  await settled('it has noticed', async () => consumer.problem() !== null);
  expect(consumer.problem()).toContain('has not answered');
  redis.resume();
  await settled('it answers', async () => consumer.problem() === null);
  await server.add('hanging', [{ id: 'j-1', data: {} }], ONCE);
  await settled('the job was done', async () => done === 1);
  expect(lines()).toBeLessThan(10);
  await consumer.close();
  await server.close();
  await redis.remove();
});

itWithRedis('closes soon while Redis is unavailable', async () => {
  const redis = (await startRedis()) as TestRedis;
  const { log } = counting();
  const server = await openJobServer(redis.url, 1, log);
  await server.prepare();
  const consumer = server.consumer();
  consumer.add('unavailable', { concurrency: 1, process: async () => 'done' });
  await until('it looks', async () => consumer.problem() === null);
  await redis.stop();
  await settled('it has noticed', async () => consumer.problem() !== null);
  const since = performance.now();
  await consumer.close();
  expect(performance.now() - since).toBeLessThan(5000);
  await server.close();
  await redis.remove();
});
