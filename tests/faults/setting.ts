/** What faults happen to: a system with Redis as its queue, and the ledger of its predictions. */
import { Ledger } from '../helpers/ledger.js';
import { startRedis, type TestRedis } from '../helpers/services.js';
import { type System, type SystemOptions, startSystem } from '../helpers/system.js';

/** Uploads before and after a fault. */
export const SOME = 60;
/** How long what breaks is down: what the table of docs/reliability.md says. */
export const OUTAGE_MS = 10_000;

export interface FaultSetting {
  readonly redis: TestRedis;
  readonly system: System;
  readonly ledger: Ledger;
  remove(): Promise<void>;
}

/** @param draw makes the ledger's images. @throws Error where redis-server is not installed */
export async function startFaultSetting(
  options: SystemOptions = {},
  draw?: Parameters<typeof Ledger.open>[1],
): Promise<FaultSetting> {
  const redis = await startRedis();
  if (!redis) throw new Error('redis-server is not installed: apt-get install redis-server');
  const system = await startSystem({
    workers: 2,
    queueUrl: redis.url,
    workerEnv: { WORKER_THREADS: '1' },
    ...options,
  });
  const remove = async () => {
    await system.remove();
    await redis.remove();
  };
  return { redis, system, ledger: await Ledger.open(system, draw), remove };
}
