/** PostgreSQL and Redis for measurements: real ones, durable as in production, in a folder of their own. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../../scripts/lib/embedded-postgres.mjs';
import { freePort, startProcess } from './process.js';

export interface Services {
  readonly databaseUrl: string;
  readonly queueUrl: string;
  readonly postgresPid: number;
  readonly redisPid: number;
  stop(): Promise<void>;
}

const CONNECTIONS = 300;

/** @throws Error saying what is missing */
export async function startServices(folder: string): Promise<Services> {
  const logFolder = path.join(folder, 'logs');
  const redisFolder = path.join(folder, 'redis');
  await mkdir(redisFolder, { recursive: true });
  const postgres = await startEmbeddedPostgres({
    home: path.join(folder, 'postgres'),
    connections: CONNECTIONS,
  });
  try {
    const port = await freePort();
    const redis = await startProcess({
      name: 'redis',
      command: 'redis-server',
      args: redisArguments(port, redisFolder),
      readyLine: /Ready to accept connections/,
      logFolder,
    }).catch((cause: Error) => {
      throw new Error(`Redis does not start; is redis-server installed? ${cause.message}`, { cause });
    });
    return {
      databaseUrl: postgres.url,
      queueUrl: `redis://127.0.0.1:${port}`,
      postgresPid: postgres.pid,
      redisPid: redis.pid,
      stop: async () => {
        await redis.stop();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** As Scry asks of any Redis: jobs survive a restart and are never evicted. */
function redisArguments(port: number, folder: string): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
