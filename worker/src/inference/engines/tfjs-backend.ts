/**
 * What TensorFlow.js runs on: @tensorflow/tfjs-node (or -gpu) where it is installed, else WebAssembly with SIMD, which
 * in Node has one thread per inference thread.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { oneLine } from '../../models/manifest-problem.js';
import type { Device, LoadOptions } from './engine.js';

export interface Backend {
  readonly device: Device;
  readonly runtime: string;
}

/** tfjs-node 4.22 calls a function that Node 23 removed. */
function restoreIsNullOrUndefined(): void {
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

async function native(name: string, device: Device): Promise<Backend> {
  restoreIsNullOrUndefined();
  const module = (await import(name)) as { version?: Record<string, string> };
  if (!tf.findBackend('tensorflow') || !(await tf.setBackend('tensorflow')))
    throw new Error(`${name} brings another version of @tensorflow/tfjs-core; install ${tf.version_core}`);
  return {
    device,
    runtime: `${name.replace('@tensorflow/', '')} ${module.version?.['tfjs-node'] ?? ''} ${device}`,
  };
}

async function wasm(): Promise<Backend> {
  const module = await import('@tensorflow/tfjs-backend-wasm');
  const file = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  module.setWasmPaths(`${path.dirname(file)}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend could not start');
  return { device: 'cpu', runtime: `tfjs ${tf.version_core} wasm` };
}

type Attempt = readonly [name: string, start: () => Promise<Backend>];
const GPU: Attempt = ['tfjs-node-gpu', () => native('@tensorflow/tfjs-node-gpu', 'cuda')];
const CPU: readonly Attempt[] = [
  ['tfjs-node', () => native('@tensorflow/tfjs-node', 'cpu')],
  ['wasm', wasm],
];
const ATTEMPTS: Readonly<Record<LoadOptions['device'], readonly Attempt[]>> = {
  auto: [GPU, ...CPU],
  cpu: CPU,
  cuda: [GPU],
  webgpu: [],
};

/**
 * Starts what a device stands for, the best first.
 * @throws Error with a sentence per backend that was tried
 */
export async function startBackend({ device, onAbsent, onFallback }: LoadOptions): Promise<Backend> {
  const reasons: string[] = [];
  for (const [name, start] of ATTEMPTS[device]) {
    try {
      return await start();
    } catch (error) {
      reasons.push(`${name}: ${absence(error)}`);
      if (isMissing(error)) onAbsent(name, NOT_INSTALLED);
      else onFallback(`TensorFlow.js does not run on ${name}: ${oneLine(error)}`);
    }
  }
  throw new Error(reasons.length > 0 ? reasons.join('; ') : `TensorFlow.js does not run on ${device} here`);
}

const NOT_INSTALLED = 'it is not installed (npm run tfjs-node:install adds it)';

/** A package that is not there is no fault, and a stack of requires says less than a sentence. */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

const absence = (error: unknown) => (isMissing(error) ? NOT_INSTALLED : oneLine(error));
