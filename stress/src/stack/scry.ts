/** Scry's own processes, as built: one API and any number of workers on the given services. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ManagedProcess, startProcess } from './process.js';
import type { Services } from './services.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface ScryOptions {
  readonly services: Pick<Services, 'databaseUrl' | 'queueUrl'>;
  /** Data and logs go here. */
  readonly folder: string;
  readonly modelsDir: string;
  readonly workers: number;
  /** More settings, by their environment names. */
  readonly env?: Readonly<Record<string, string>>;
  /** Goes before the worker's script; to profile it, or to name its threads. */
  readonly nodeArgs?: readonly string[];
  /** What a worker runs, if not what Scry comes with; from the repository's root. */
  readonly workerScript?: string;
}

export interface Scry {
  readonly url: string;
  readonly api: ManagedProcess;
  readonly workers: readonly ManagedProcess[];
  /** Starts or stops workers until there are so many. */
  scale(workers: number): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error with the last words of what did not start */
export async function startScry(options: ScryOptions): Promise<Scry> {
  const { services, folder, modelsDir, nodeArgs = [], workerScript = 'worker/dist/main.js' } = options;
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: services.databaseUrl,
    QUEUE_URL: services.queueUrl,
    DATA_DIR: path.join(folder, 'data'),
    MODELS_DIR: modelsDir,
    NODE_ENV: 'production',
    ...options.env,
  };
  const start = (name: string, script: string, extra: Readonly<Record<string, string>> = {}) =>
    startProcess({
      name,
      command: process.execPath,
      args: [...nodeArgs, path.join(ROOT, script)],
      env: { ...env, ...extra },
      logFolder: path.join(folder, 'logs'),
    });
  const api = await start('api', 'api/dist/main.js');
  const workers: ManagedProcess[] = [];
  const scale = async (count: number) => {
    while (workers.length > count) await workers.pop()?.stop();
    while (workers.length < count) {
      const name = `worker-${workers.length + 1}`;
      workers.push(await start(name, workerScript, { WORKER_ID: name }));
    }
  };
  const stop = async () => {
    await scale(0);
    await api.stop();
  };
  try {
    await scale(options.workers);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${api.port}`, api, workers, scale, stop };
}
