/** Systems whose number of workers can be changed while they run. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { startScry } from '../stack/scry.js';
import { startServices } from '../stack/services.js';

export interface ScalableSystem {
  readonly url: string;
  readonly described: string;
  /** Asks for so many workers; they may still be starting when it resolves. */
  scale(workers: number): Promise<void>;
  stop(): Promise<void>;
  /** What is left when all is done, for the one who runs it. */
  readonly afterwards?: string;
}

export interface LocalOptions {
  /** A folder of the system's own is made here and removed when it stops, so that every run begins with nothing. */
  readonly folder: string;
  /** Or what puts models in the system's folder and tells where. */
  readonly modelsDir: string | ((folder: string) => Promise<string>);
  readonly env: Readonly<Record<string, string>>;
  readonly workerScript?: string;
}

/** A system of processes on this machine, with a PostgreSQL and a Redis of its own. */
export async function localSystem(options: LocalOptions): Promise<ScalableSystem> {
  const { env, workerScript } = options;
  await mkdir(options.folder, { recursive: true });
  const folder = await mkdtemp(path.join(options.folder, 'system-'));
  const modelsDir =
    typeof options.modelsDir === 'string' ? options.modelsDir : await options.modelsDir(folder);
  const remove = () => rm(folder, { recursive: true });
  const services = await startServices(folder).catch(async (error) => {
    await remove();
    throw error;
  });
  const stopServices = async () => {
    await services.stop();
    await remove();
  };
  const scry = await startScry({
    services,
    folder,
    modelsDir,
    workers: 0,
    env,
    ...(workerScript !== undefined && { workerScript }),
  }).catch(async (error) => {
    await stopServices();
    throw error;
  });
  return {
    url: scry.url,
    described: 'Processes on this machine',
    scale: scry.scale,
    stop: async () => {
      await scry.stop();
      await stopServices();
    },
  };
}
