/** How many threads a worker infers on when WORKER_THREADS is unset. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { grantedCpus } from '@scry/shared/runtime/cpus';
import type { Device } from './engines/engine.js';
import { lacksLibrary } from './engines/shared-library.js';

const require = createRequire(import.meta.url);

function resolves(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false; // an optional package that is not installed
  }
}

/** True when there is an NVIDIA driver, and an engine that can use it. */
export function cudaIsHere(): boolean {
  if (process.platform !== 'linux' || lacksLibrary('libcuda.so.1')) return false;
  const provider = `bin/napi-v6/linux/${process.arch}/libonnxruntime_providers_cuda.so`;
  const onnxRuntime = path.dirname(require.resolve('onnxruntime-node/package.json'));
  return existsSync(path.join(onnxRuntime, provider)) || resolves('@tensorflow/tfjs-node-gpu');
}

/**
 * One thread per CPU; on CUDA one in all: a worker uses one device, every thread holds its own copy of the weights in the
 * device's memory, and the device runs one batch after the other whoever asks.
 */
export function defaultThreads(
  device: Device | 'auto',
  { hasCuda = cudaIsHere, cpus = grantedCpus() }: { hasCuda?: () => boolean; cpus?: number } = {},
): number {
  return (device === 'auto' || device === 'cuda') && hasCuda() ? 1 : cpus;
}
