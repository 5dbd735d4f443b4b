/** What every queue server must do, whichever kind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobConsumer } from '@scry/shared/queue/consumer';
import type { JobOutcome, TakenJob } from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';
import { SharedPlaces } from '@scry/shared/queue/shared-places';
import { LOCK_MS, LOOK_EVERY_MS } from '@scry/shared/queue/source';
import { until } from '../../../helpers/app.js';
import { KINDS, startJobServer, type TestJobServer } from '../../../helpers/job-server.js';

const TWO_HOURS_MS = 2 * 3600 * 1000;
const ONCE = { attempts: 1, keepFailed: false };
const THRICE = { attempts: 3, keepFailed: true };

interface Payload {
  readonly n: number;
}

describe.each(KINDS)('a queue on %s', (kind) => {
  let test: TestJobServer;
  let server: JobServer;
  const consumers: JobConsumer[] = [];

  beforeAll(async () => {
    test = await startJobServer(kind);
  });
  afterAll(() => test.remove());
  beforeEach(async () => {
    server = test.open();
    await server.prepare();
  });
  afterEach(async () => {
    for (const consumer of consumers.splice(0)) await consumer.close();
  });

  function consumer(of: JobServer = server): JobConsumer {
    const opened = of.consumer();
    consumers.push(opened);
    return opened;
  }

  /** Consumes a queue and notes what came. */
  function consume(queue: string, work: (job: TakenJob<Payload>) => Promise<JobOutcome>, concurrency = 4) {
    const seen: TakenJob<Payload>[] = [];
    const subscription = consumer().add<Payload>(queue, {
      concurrency,
      process: (job) => {
        seen.push(job);
        return work(job);
      },
    });
    return { seen, subscription };
  }

  const jobs = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `j-${n}`, data: { n } }));
  const countsOf = async (queue: string) => (await server.counts([queue]))[0];
  const isEmpty = async (queue: string) => {
    const { wait, active, delayed } = (await countsOf(queue)) ?? { wait: 1, active: 1, delayed: 1 };
    return wait + active + delayed === 0;
  };
  const done = async (): Promise<JobOutcome> => 'done';

  it('does each job once, with its data, and forgets it', async () => {
    await server.add('once', jobs(30), ONCE);
    const { seen } = consume('once', done);
    await until('all were done', () => isEmpty('once'));
    expect(seen.map(({ data }) => data.n).sort((a, b) => a - b)).toEqual(jobs(30).map(({ data }) => data.n));
    expect(seen[0]).toMatchObject({ queue: 'once', attempts: 1, attemptsMade: 0, deaths: 0 });
    expect(await server.find([{ queue: 'once', id: 'j-0' }])).toEqual([null]);
  });

  it('queues that share places run no more than these together, and none waits for the others', async () => {
    const places = new SharedPlaces(() => 4);
    const names = ['busy-1', 'busy-2', 'rare'];
    let [running, most, ended, added] = [0, 0, 0, false];
    let rareRuns = () => {};
    const rare = new Promise<void>((resolve) => {
      rareRuns = resolve;
    });
    const work = async (name: string) => {
      if (name === 'rare') rareRuns();
      else if (ended >= 10 && !added) {
        added = true;
        await server.add('rare', jobs(1), ONCE);
      }
      if (added) await rare; // all others hold their places until it has come
    };
    const sharing = consumer();
    for (const name of names) {
      const process = async () => {
        most = Math.max(most, ++running);
        await work(name);
        running--;
        ended++;
        return 'done' as const;
      };
      sharing.add<Payload>(name, { concurrency: 10, places, process });
      if (name !== 'rare') await server.add(name, jobs(60), ONCE);
    }
    await until('all were done', async () => ended === 121);
    expect(most).toBeGreaterThanOrEqual(4);
    expect(most).toBeLessThanOrEqual(4 + names.length);
    await until('all places are free', async () => places.free === 4);
  });

  it('wakes a consumer at once when a job is added', async () => {
    const { seen } = consume('woken', done);
    await server.add('woken', jobs(1), ONCE);
    await until('the first came', async () => seen.length === 1); // now it listens
    const since = performance.now();
    await server.add('woken', [{ id: 'again', data: { n: 1 } }], ONCE);
    await until('the second came', async () => seen.length === 2);
    expect(performance.now() - since).toBeLessThan(LOOK_EVERY_MS / 2);
  });

  it('takes queues of any name', async () => {
    const name = 'scry-größe:v1,2 @%3A "x"';
    const { seen } = consume(name, done);
    await server.add(name, jobs(2), ONCE);
    await until('both came', async () => seen.length === 2);
  });

  it('adds a job once while it is there, and again when it is not', async () => {
    await server.add('same', [...jobs(1), ...jobs(1)], ONCE);
    await server.add('same', jobs(1), ONCE);
    expect((await countsOf('same'))?.wait).toBe(1);
    const { seen } = consume('same', done);
    await until('it was done', () => isEmpty('same'));
    await server.add('same', jobs(1), ONCE);
    await until('it came again', async () => seen.length === 2);
  });

  it('runs as many of a queue at a time as it is told, and no more', async () => {
    let running = 0;
    let most = 0;
    await server.add('wide', jobs(20), ONCE);
    consume(
      'wide',
      async () => {
        most = Math.max(most, ++running);
        await sleep(5);
        running--;
        return 'done';
      },
      3,
    );
    await until('all were done', () => isEmpty('wide'));
    expect(most).toBe(3);
  });

  it('does not let a busy queue keep another one waiting', async () => {
    const release = withResolvers();
    const one = consumer();
    let busy = 0;
    one.add('busy', {
      concurrency: 2,
      process: async () => {
        busy++;
        await release.promise;
        return 'done';
      },
    });
    const quiet: string[] = [];
    one.add('quiet', {
      concurrency: 2,
      process: async (job) => {
        quiet.push(job.id);
        return 'done';
      },
    });
    await server.add('busy', jobs(50), ONCE);
    await until('the busy one is full', async () => busy === 2);
    await server.add('quiet', jobs(1), ONCE);
    await until('the quiet one was served', async () => quiet.length === 1);
    release.resolve(undefined);
    await until('the busy one is empty', () => isEmpty('busy'));
  });

  it('tries a job that throws again, later, and keeps it with the reason when that was the last try', async () => {
    await server.add('failing', jobs(1), { attempts: 2, keepFailed: true });
    const at: number[] = [];
    const { seen } = consume('failing', async () => {
      at.push(performance.now());
      throw new Error('the disk is on fire');
    });
    await until('it has failed', async () => (await countsOf('failing'))?.failed === 1);
    expect(seen.map(({ attemptsMade, deaths }) => [attemptsMade, deaths])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(240);
    const [found] = await server.find([{ queue: 'failing', id: 'j-0' }]);
    expect(found).toMatchObject({ failedReason: 'the disk is on fire', data: { n: 0 } });
    expect(await server.list('failing', 'failed', 0, 9)).toMatchObject([{ id: 'j-0', attemptsMade: 2 }]);
    await server.remove('failing', 'j-0');
    expect((await countsOf('failing'))?.failed).toBe(0);
  });

  it('forgets a job that failed for good, where it is not to be kept', async () => {
    await server.add('unkept', jobs(1), ONCE);
    consume('unkept', () => Promise.reject(new Error('no')));
    await until('it is gone', () => isEmpty('unkept'));
    expect((await countsOf('unkept'))?.failed).toBe(0);
  });

  it('puts a job off without counting an attempt', async () => {
    await server.add('later', jobs(1), THRICE);
    let first = true;
    const since = performance.now();
    const { seen } = consume('later', async () => {
      const outcome = first ? { putOffMs: 300 } : 'done';
      first = false;
      return outcome;
    });
    await until('it was done', async () => seen.length === 2 && (await isEmpty('later')));
    expect(performance.now() - since).toBeGreaterThan(295);
    expect(seen.map(({ attemptsMade, deaths }) => [attemptsMade, deaths])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('holds a job back until its delay is over', async () => {
    await server.add('delayed', jobs(1), { ...ONCE, delayMs: 150 });
    expect(await countsOf('delayed')).toMatchObject({ wait: 0, delayed: 1 });
    const { seen } = consume('delayed', done);
    await until('it came', async () => seen.length === 1);
  });

  it('gives jobs of a process that died to another, and counts the death', async () => {
    await server.add('death', jobs(3), THRICE);
    const kill = await test.hold('death', 3);
    await kill();
    await test.expireLocks();
    const { seen } = consume('death', done);
    await untilLong('another did them', () => isEmpty('death'));
    expect(seen.map(({ deaths, attemptsMade }) => [deaths, attemptsMade])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });

  it('gives jobs of a process that died to another although the clock was set back', async () => {
    await server.add('clock', jobs(2), THRICE);
    const kill = await test.hold('clock', 2);
    await kill();
    await test.setClockBack(TWO_HOURS_MS);
    const { seen } = consume('clock', done);
    await untilLong('their locks end soon', async () => (await test.longestLockMs()) <= LOCK_MS);
    await test.expireLocks();
    await untilLong('another did them', () => isEmpty('clock'));
    expect(seen.map(({ deaths }) => deaths)).toEqual([1, 1]);
  });

  it('keeps the locks of jobs that run for long', async () => {
    await server.add('long', jobs(1), THRICE);
    const release = withResolvers();
    const { seen } = consume('long', () => release.promise.then(done));
    await until('it runs', async () => seen.length === 1);
    await untilLong('its lock has aged', async () => (await test.longestLockMs()) < LOCK_MS - 3000);
    await untilLong('its lock was renewed', async () => (await test.longestLockMs()) > LOCK_MS - 1000);
    release.resolve(undefined);
    await until('it was done', () => isEmpty('long'));
    expect(seen).toHaveLength(1);
  });

  it('runs delayed jobs although the clock was set back', async () => {
    await server.add('clock-delayed', jobs(2), { ...ONCE, delayMs: 100 });
    await test.setClockBack(TWO_HOURS_MS);
    const { seen } = consume('clock-delayed', done);
    await untilLong('they came', async () => seen.length === 2);
  });

  it('hands jobs back at no cost when it is abandoned, at once', async () => {
    await server.add('handed', jobs(3), THRICE);
    const first = consumer();
    const release = withResolvers();
    let held = 0;
    first.add('handed', {
      concurrency: 3,
      process: () => {
        held++;
        return release.promise.then(done);
      },
    });
    await until('it holds them', async () => held === 3);
    await first.abandon();
    const { seen } = consume('handed', done);
    await until('another did them', () => isEmpty('handed'));
    expect(seen.map(({ deaths, attemptsMade }) => [deaths, attemptsMade])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    release.resolve(undefined);
  });

  it('takes no more after close, and waits for what runs', async () => {
    await server.add('drained', jobs(5), ONCE);
    const release = withResolvers();
    let ended = 0;
    const { seen: begun, subscription } = consume(
      'drained',
      async () => {
        await release.promise;
        ended++;
        return 'done';
      },
      2,
    );
    await until('two run', async () => begun.length === 2);
    const closing = subscription.close();
    expect((await countsOf('drained'))?.active).toBe(2); // asked of the server meanwhile
    expect(ended).toBe(0);
    release.resolve(undefined);
    await closing;
    expect(ended).toBe(2);
    expect(await countsOf('drained')).toMatchObject({ wait: 3, active: 0 });
    const { seen } = consume('drained', done);
    await until('the rest was done by the next', () => isEmpty('drained'));
    expect(seen).toHaveLength(3);
  });

  it('can be subscribed to again by the same consumer', async () => {
    const one = consumer();
    const seen: string[] = [];
    const process = async ({ id }: TakenJob) => {
      seen.push(id);
      return 'done' as const;
    };
    await one.add('reopened', { concurrency: 1, process }).close();
    await server.add('reopened', jobs(1), ONCE);
    one.add('reopened', { concurrency: 1, process });
    await until('it came', async () => seen.length === 1);
    expect(() => one.add('reopened', { concurrency: 1, process })).toThrow('already');
  });

  it('removes a job that waits and leaves one that runs', async () => {
    const release = withResolvers();
    await server.add('removed', jobs(2), ONCE);
    consume('removed', () => release.promise.then(done), 1);
    await until('one runs', async () => (await countsOf('removed'))?.active === 1);
    await server.remove('removed', 'j-1');
    await server.remove('removed', 'j-0');
    expect(await countsOf('removed')).toMatchObject({ wait: 0, active: 1 });
    release.resolve(undefined);
    await until('it is empty', () => isEmpty('removed'));
  });

  it('removes a queue with all that it holds', async () => {
    await server.add('forgotten', jobs(3), ONCE);
    await server.forget('forgotten');
    expect(await isEmpty('forgotten')).toBe(true);
  });

  it('goes on when its connections are cut', async () => {
    const { seen } = consume('cut', done);
    await server.add('cut', jobs(1), ONCE);
    await until('the first came', async () => seen.length === 1);
    await test.disconnect();
    await until('a job can be added', () =>
      server.add('cut', [{ id: 'after', data: { n: 1 } }], ONCE).then(
        () => true,
        () => false,
      ),
    );
    await untilLong('it came', async () => seen.length === 2);
    expect(consumers.at(-1)?.problem()).toBeNull();
  });

  it('finds a job whose wake-up got lost within some seconds', async () => {
    const { seen } = consume('unheard', done);
    await server.add('unheard', jobs(1), ONCE);
    await until('it listens', async () => seen.length === 1);
    await server.add('unheard', [{ id: 'unheard', data: { n: 2 } }], { ...ONCE, delayMs: 1 }); // tells nobody
    await untilLong('it came', async () => seen.length === 2);
  });

  it('serves hundreds of queues with the connections of one, and polls for all of them together', async () => {
    const one = consumer();
    const seen = new Set<string>();
    const process = async ({ queue }: TakenJob) => {
      seen.add(queue);
      return 'done' as const;
    };
    const names = Array.from({ length: 300 }, (_, index) => `many-${index}`);
    for (const name of names) one.add(name, { concurrency: 2, process });
    await Promise.all(names.map((name) => server.add(name, jobs(1), ONCE)));
    await untilLong('every queue was served', async () => seen.size === names.length);
    // On PostgreSQL the pool's idle connections stay for some seconds; what listens is one.
    expect(await test.connections()).toBeLessThanOrEqual(kind === 'redis' ? 60 : 20);
    await sleep(2 * LOOK_EVERY_MS);
    expect(await test.busyConnections(LOOK_EVERY_MS / 1000)).toBe(1);
  });
});

/** As `until`, for what takes a few looks. */
async function untilLong(what: string, look: () => Promise<boolean>, ms = 15_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`still waiting until ${what}`);
    await sleep(20);
  }
}

function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
