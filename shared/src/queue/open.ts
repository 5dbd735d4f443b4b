/** Opens the queue server that a URL names. */
import type { Logger } from '../runtime/log.js';
import { PostgresJobServer } from './postgres.js';
import { RedisJobServer } from './redis.js';
import type { JobServer } from './server.js';

/**
 * Connects lazily; see `check` for whether it answers.
 * @param url redis://, rediss://, postgres:// or postgresql://
 * @param poolSize connections to PostgreSQL at the most (Redis uses one for producers and two per consumer)
 */
export function openJobServer(url: string, poolSize: number, log: Logger): JobServer {
  return /^rediss?:/.test(url) ? new RedisJobServer(url, log) : new PostgresJobServer(url, poolSize, log);
}
