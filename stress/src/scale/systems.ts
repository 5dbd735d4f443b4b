/** Systems whose number of workers can be changed while they run. */
import path from 'node:path';
import { upAll } from 'docker-compose';
import { startScry } from '../stack/scry.js';
import { startServices } from '../stack/services.js';

export interface ScalableSystem {
  readonly url: string;
  readonly described: string;
  /** Makes so many workers serve; resolves when they do. */
  scale(workers: number): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalOptions {
  readonly folder: string;
  readonly modelsDir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A system of processes on this machine, with a PostgreSQL and a Redis of its own. */
export async function localSystem({ folder, modelsDir, env }: LocalOptions): Promise<ScalableSystem> {
  const services = await startServices(folder);
  const scry = await startScry({ services, folder, modelsDir, workers: 0, env }).catch(async (error) => {
    await services.stop();
    throw error;
  });
  return {
    url: scry.url,
    described: 'Processes on this machine',
    scale: scry.scale,
    stop: async () => {
      await scry.stop();
      await services.stop();
    },
  };
}

/** Containers of a docker-compose file; they are left as they are at the end. */
export async function composeSystem(file: string, url: string): Promise<ScalableSystem> {
  const at = { cwd: path.dirname(path.resolve(file)), config: path.basename(file) };
  return {
    url,
    described: `Containers of ${file}`,
    scale: async (workers) => {
      await upAll({ ...at, commandOptions: ['--scale', `worker=${workers}`, '--no-recreate', '--wait'] });
    },
    stop: () => Promise.resolve(),
  };
}
