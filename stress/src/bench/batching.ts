/**
 * What batching and more workers bring where the device, not the CPUs, is the limit: with devices that take
 * `a + b·n` ms for a batch of n, the best throughput is known, and what Scry reaches of it is its own doing.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeImages } from '../load/images.js';
import { runLoad } from '../load/run.js';
import { ScryTarget } from '../load/scry-target.js';
import { startScry } from '../stack/scry.js';
import type { Services } from '../stack/services.js';
import type { SimulatedDevice } from './simulated-device.js';

export const SIMULATED_MODEL = 'simulated';
export const SIMULATED_WORKER = 'stress/dist/bench/simulated-worker.js';
const IMAGES = 16;
const DEADLINE_MS = 60_000;
const RAMP_S = 1;

/** Images per second that a device can do at best, in full batches with no gap between them. */
export function bestPerSecond({ a, b }: SimulatedDevice, maxBatch: number): number {
  return (1000 * maxBatch) / (a + b * maxBatch);
}

/** Writes the model folder of a simulated device. */
export async function writeSimulatedModel(
  modelsDir: string,
  device: SimulatedDevice,
  maxBatch: number,
): Promise<void> {
  const folder = path.join(modelsDir, SIMULATED_MODEL);
  await mkdir(folder, { recursive: true });
  const manifest = {
    name: SIMULATED_MODEL,
    task: 'classification',
    engine: 'onnx',
    file: 'device.onnx',
    labels: ['red', 'green', 'blue'],
    output: { format: 'probabilities' },
    batch: { max: maxBatch, delay_ms: 5 },
  };
  await writeFile(path.join(folder, 'device.onnx'), JSON.stringify(device));
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
}

export interface BatchingOptions {
  readonly services: Pick<Services, 'databaseUrl' | 'queueUrl'>;
  /** Emptied first. */
  readonly folder: string;
  readonly device: SimulatedDevice;
  readonly maxBatch: number;
  /** Numbers of workers, each with one device, ascending. */
  readonly workers: readonly number[];
  readonly seconds: number;
}

export interface BatchingStep {
  readonly workers: number;
  readonly perSecond: number;
  /** Of the best that so many devices allow. */
  readonly ofBest: number;
  /** Share of images that went in full batches. */
  readonly fullBatches: number;
  readonly bad: number;
}

/** Measures throughput with more and more workers, each kept busy by three batches' worth of clients. */
export async function measureBatching(options: BatchingOptions): Promise<BatchingStep[]> {
  const { services, folder, device, maxBatch, seconds } = options;
  const modelsDir = path.join(folder, 'models');
  await rm(folder, { recursive: true, force: true });
  await writeSimulatedModel(modelsDir, device, maxBatch);
  const images = await makeImages(IMAGES, 32, 32);
  const scry = await startScry({
    services,
    folder,
    modelsDir,
    workers: 0,
    workerScript: SIMULATED_WORKER,
    env: { WORKER_THREADS: '1', LOG_LEVEL: 'warn' },
  });
  const target = new ScryTarget({ url: scry.url, mode: 'wait', connections: 1024 });
  const steps: BatchingStep[] = [];
  try {
    for (const workers of options.workers) {
      await scry.scale(workers);
      const result = await runLoad({
        target,
        images,
        models: [SIMULATED_MODEL],
        load: { kind: 'users', users: 3 * maxBatch * workers },
        rampS: RAMP_S,
        durationS: seconds,
        deadlineMs: DEADLINE_MS,
        distinct: true,
      });
      const all = Object.values(result.batchSizes).reduce((sum, count) => sum + count, 0);
      steps.push({
        workers,
        perSecond: result.perSecond,
        ofBest: result.perSecond / (workers * bestPerSecond(device, maxBatch)),
        fullBatches: (result.batchSizes[maxBatch] ?? 0) / all,
        bad: result.failed + result.refused,
      });
    }
  } finally {
    await target.close();
    await scry.stop();
  }
  return steps;
}
