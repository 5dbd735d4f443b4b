/** What happens to accepted predictions when PostgreSQL breaks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../scripts/lib/embedded-postgres.mjs';
import { Ledger } from '../helpers/ledger.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../helpers/services.js';
import { type System, startSystem } from '../helpers/system.js';
import { report } from './report.js';
import { OUTAGE_MS, SOME } from './setting.js';

/** A PostgreSQL of its own, flushing to disk, that can be stopped and started again on the same port. */
class OwnPostgres {
  readonly folder: string;
  #server: Awaited<ReturnType<typeof startEmbeddedPostgres>> | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  async start(): Promise<string> {
    this.#server = await startEmbeddedPostgres({ home: path.join(this.folder, 'postgres'), durable: true });
    return this.#server.url;
  }

  /** Ends it: connections are cut, what was committed is kept. */
  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Ends it without a word, as a power cut would. */
  async crash(): Promise<void> {
    if (!this.#server) return;
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.ended;
  }
}

describe.each(redisIsInstalled() ? ['Redis', 'PostgreSQL'] : ['PostgreSQL'])('with jobs in %s', (kind) => {
  let redis: TestRedis | null = null;
  let postgres: OwnPostgres;
  let system: System;
  let ledger: Ledger;

  beforeEach(async () => {
    if (kind === 'Redis') redis = await startRedis();
    postgres = new OwnPostgres(await mkdtemp(path.join(tmpdir(), 'scry-own-postgres-')));
    const url = await postgres.start();
    system = await startSystem({
      workers: 2,
      queueUrl: redis?.url,
      workerEnv: { WORKER_THREADS: '1' },
      database: { url, name: 'scry', drop: () => postgres.stop() },
    });
    ledger = await Ledger.open(system);
  });

  afterEach(async () => {
    await system.remove();
    await rm(postgres.folder, { recursive: true, force: true });
    await redis?.remove();
    redis = null;
  });

  it('survives PostgreSQL restarted', async () => {
    await ledger.during(async () => {
      await ledger.acceptedMore(SOME);
      await postgres.stop();
      await postgres.start();
      await ledger.acceptedMore(SOME);
    });
    report(`PostgreSQL restarted (jobs in ${kind})`, await ledger.settle(performance.now()));
  });

  it('survives PostgreSQL crashed and down for 10 s, says so, and recovers by itself', async () => {
    await ledger.during(async () => {
      await ledger.acceptedMore(SOME);
      await postgres.crash();
      const outage = sleep(OUTAGE_MS);
      expect(await system.untilNotReady()).toMatchObject({ database: expect.not.stringMatching(/^ok$/) });
      await outage;
      await postgres.start();
      await ledger.acceptedMore(SOME);
    });
    report(`PostgreSQL crashed, down for 10 s (jobs in ${kind})`, await ledger.settle(performance.now()));
  });
});
