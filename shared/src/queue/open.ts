/** Opens the queue server that a URL names. */
import type { Logger } from '../runtime/log.js';
import type { JobServer } from './server.js';

/**
 * Connects lazily; see `check` for whether it answers. Loads the client of that server alone: those of Redis take 8 MiB of
 * every process.
 * @param url redis://, rediss://, postgres:// or postgresql://
 * @param poolSize connections to PostgreSQL at the most (Redis uses one for producers and two per consumer)
 */
export async function openJobServer(url: string, poolSize: number, log: Logger): Promise<JobServer> {
  if (/^rediss?:/.test(url)) {
    const { RedisJobServer } = await import('./redis.js');
    return new RedisJobServer(url, log);
  }
  const { PostgresJobServer } = await import('./postgres.js');
  return new PostgresJobServer(url, poolSize, log);
}
