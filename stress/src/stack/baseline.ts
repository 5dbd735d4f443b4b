/** The plain server of `stress/baseline/`, for comparison. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type ManagedProcess, startProcess } from './process.js';

const BASELINE = fileURLToPath(new URL('../../baseline', import.meta.url));

export interface BaselineOptions {
  readonly queueUrl: string;
  readonly folder: string;
  /** Folder of the one model it serves, and that model's input size in pixels. */
  readonly model: string;
  readonly size: number;
}

export interface Baseline {
  readonly url: string;
  readonly server: ManagedProcess;
  readonly worker: ManagedProcess;
  stop(): Promise<void>;
}

/** @throws Error with the last words of what did not start */
export async function startBaseline({ queueUrl, folder, model, size }: BaselineOptions): Promise<Baseline> {
  const port = await freePort();
  const env = {
    PORT: String(port),
    REDIS_URL: queueUrl,
    UPLOADS: path.join(folder, 'uploads'),
    MODEL: model,
    SIZE: String(size),
    NODE_ENV: 'production',
    ORT_DISABLE_TELEMETRY: '1',
  };
  const start = (name: string) =>
    startProcess({
      name: `baseline-${name}`,
      command: process.execPath,
      args: [path.join(BASELINE, `${name}.mjs`)],
      env,
      readyLine: /listening|ready/,
      logFolder: path.join(folder, 'logs'),
    });
  const server = await start('server');
  try {
    const worker = await start('worker');
    const stop = async () => {
      await worker.stop();
      await server.stop();
    };
    return { url: `http://127.0.0.1:${port}`, server, worker, stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
