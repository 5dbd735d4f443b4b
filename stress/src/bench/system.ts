/** Everything that a benchmark measures, started together: services, Scry, and for one model at a time its rivals. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { grantedCpus } from '@scry/shared/runtime/cpus';
import type { Image } from '../load/images.js';
import { type Baseline, startBaseline } from '../stack/baseline.js';
import { type ManagedProcess, startProcess } from '../stack/process.js';
import { type Scry, startScry } from '../stack/scry.js';
import { type Services, startServices } from '../stack/services.js';
import type { Parts } from './cpu.js';
import type { MemoryParts } from './memory.js';

const NAME_THREADS = fileURLToPath(new URL('../../preload/name-threads.cjs', import.meta.url));
const LIMIT = fileURLToPath(new URL('./limit-main.js', import.meta.url));

export interface BenchSystem {
  readonly services: Services;
  readonly scry: Scry;
  readonly scryParts: Parts;
  readonly memoryParts: MemoryParts;
  /** Starts the bare loop and the plain server for one model. */
  rivals(model: RivalModel): Promise<Rivals>;
  stop(): Promise<void>;
}

export interface RivalModel {
  readonly name: string;
  /** Of the model's input, pixels. */
  readonly size: number;
  readonly images: readonly Image[];
}

export interface Rivals {
  readonly limit: ManagedProcess;
  readonly limitParts: Parts;
  readonly baseline: Baseline;
  readonly baselineParts: Parts;
  stop(): Promise<void>;
}

export interface BenchSystemOptions {
  /** Emptied first. */
  readonly folder: string;
  readonly modelsDir: string;
  readonly workers: number;
  /** More settings of Scry, by their environment names. */
  readonly env: Readonly<Record<string, string>>;
}

/** @throws Error saying what did not start */
export async function startBenchSystem(options: BenchSystemOptions): Promise<BenchSystem> {
  const { folder, modelsDir, workers, env } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const threadsFile = path.join(folder, 'threads');
  await writeFile(threadsFile, '');
  const services = await startServices(folder);
  const nodeArgs = ['--require', NAME_THREADS];
  const scry = await startScry({
    services,
    folder,
    modelsDir,
    workers,
    nodeArgs,
    env: { ...env, SCRY_THREADS_FILE: threadsFile },
  }).catch(async (error: unknown) => {
    await services.stop();
    throw error;
  });
  const pids = (processes: readonly ManagedProcess[]) => processes.map(({ pid }) => pid);
  const families = { postgres: [services.postgresPid] };
  const node = { api: [scry.api.pid], worker: pids(scry.workers) };
  return {
    services,
    scry,
    scryParts: { node, whole: { redis: [services.redisPid] }, families, threadsFile },
    memoryParts: { whole: { ...node, redis: [services.redisPid] }, families },
    rivals: (model) => startRivals(model, { folder, modelsDir, services, threadsFile }),
    stop: async () => {
      await scry.stop();
      await services.stop();
    },
  };
}

interface RivalPlaces {
  readonly folder: string;
  readonly modelsDir: string;
  readonly services: Services;
  readonly threadsFile: string;
}

async function startRivals({ name, size, images }: RivalModel, places: RivalPlaces): Promise<Rivals> {
  const { services, threadsFile } = places;
  const folder = path.join(places.folder, name);
  const model = path.join(places.modelsDir, name);
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const image of images) {
    const file = path.join(folder, image.name);
    await writeFile(file, image.bytes);
    files.push(file);
  }
  const limit = await startProcess({
    name: 'limit',
    command: process.execPath,
    args: ['--require', NAME_THREADS, LIMIT, String(grantedCpus()), model, ...files],
    env: { SCRY_THREADS_FILE: threadsFile },
    logFolder: folder,
  });
  // A database of Redis for itself, so that one model's jobs never reach another's worker.
  const queueUrl = `${services.queueUrl}/${1 + ([...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 15)}`;
  const baseline = await startBaseline({ queueUrl, folder, model, size }).catch(async (error: unknown) => {
    await limit.stop();
    throw error;
  });
  const whole = {
    'baseline server': [baseline.server.pid],
    'baseline worker': [baseline.worker.pid],
    redis: [services.redisPid],
  };
  return {
    limit,
    limitParts: { node: { limit: [limit.pid] }, whole: {}, families: {}, threadsFile },
    baseline,
    baselineParts: { node: {}, whole, families: {}, threadsFile },
    stop: async () => {
      await baseline.stop();
      await limit.stop();
    },
  };
}
