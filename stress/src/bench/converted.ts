/** Converted TensorFlow.js models beside TensorFlow.js itself: both with the workers' own code, one image at a time, in turns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EngineName, loadModel, type Model } from '@scry/shared/models/model-folders';
import type { BatchData, LoadedModel, Outputs } from '@scry/worker/inference/engines/engine';
import { resolveInput } from '@scry/worker/inference/engines/input-spec';
import { valuesPerImage } from '@scry/worker/inference/engines/pixels';
import { loadEngine } from '@scry/worker/inference/engines/registry';
import { prepareModel } from '@scry/worker/models/conversion/convert';
import { type Spread, spread } from '../load/latency.js';

interface EngineCost {
  /** Library and backend that it ran on. */
  readonly runtime: string;
  /** Of the whole process per image, milliseconds. */
  readonly cpuMs: Spread;
  readonly elapsedMs: Spread;
}

export interface ConvertedRow {
  readonly name: string;
  readonly converted: EngineCost;
  readonly original: EngineCost;
  /** Largest difference between an output of one and the other, relative above 1. */
  readonly difference: number;
}

const WARM_UP = 3;

interface Side {
  readonly loaded: LoadedModel;
  readonly cpuMs: number[];
  readonly elapsedMs: number[];
  last: Outputs;
}

/** @throws Error when it runs on something else than what was asked for, or cannot be loaded */
async function open(model: Model, engine: EngineName, cache: string): Promise<Side> {
  const { model: runnable, notes } = await prepareModel({ ...model, engine }, cache);
  const loaded = await (await loadEngine(runnable.engine)).load(runnable, {
    device: 'cpu',
    intraOpThreads: 1,
    onFallback: () => undefined,
    onAbsent: () => undefined,
  });
  if (runnable.engine !== engine) throw new Error(`${model.name} ${notes.join('; ')}`);
  return { loaded, cpuMs: [], elapsedMs: [], last: new Map() };
}

/** Evenly spread levels, the same in every run. Source of the generator: Numerical Recipes, 7.1. */
function noise(length: number, bytes: boolean): BatchData {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return bytes
    ? Uint8Array.from({ length }, () => next() >>> 24)
    : Float32Array.from({ length }, () => next() / 2 ** 32);
}

function imageFor(
  model: Model,
  { input }: LoadedModel,
): { readonly data: BatchData; readonly dims: number[] } {
  const resolved = resolveInput(model, input);
  const { width, height, layout, batched, fixedBatch } = resolved;
  const size = valuesPerImage(resolved);
  const channels = size / (width * height);
  const image = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const batch = fixedBatch ?? 1;
  return { data: noise(batch * size, input.type !== 'float32'), dims: batched ? [batch, ...image] : image };
}

async function turn(side: Side, image: ReturnType<typeof imageFor>, counted: boolean): Promise<void> {
  const before = process.cpuUsage();
  const start = performance.now();
  side.last = await side.loaded.run(image.data, image.dims, side.loaded.outputs);
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  if (!counted) return;
  side.elapsedMs.push(elapsed);
  side.cpuMs.push((user + system) / 1000);
}

function difference(one: Outputs, other: Outputs): number {
  let most = 0;
  for (const [name, { data }] of one) {
    const beside = other.get(name)?.data;
    if (!beside) continue;
    for (let at = 0; at < data.length; at++) {
      const [a, b] = [Number(data[at]), Number(beside[at])];
      most = Math.max(most, Math.abs(a - b) / Math.max(1, Math.abs(b)));
    }
  }
  return most;
}

const costOf = ({ loaded, cpuMs, elapsedMs }: Side): EngineCost => ({
  runtime: loaded.runtime,
  cpuMs: spread(cpuMs),
  elapsedMs: spread(elapsedMs),
});

async function measure(model: Model, rounds: number, cache: string): Promise<ConvertedRow> {
  const converted = await open(model, 'onnx', cache);
  const original = await open(model, 'tfjs', cache);
  try {
    const image = imageFor(model, converted.loaded);
    for (let round = -WARM_UP; round < rounds; round++)
      for (const side of [converted, original]) await turn(side, image, round >= 0);
    return {
      name: model.name,
      converted: costOf(converted),
      original: costOf(original),
      difference: difference(converted.last, original.last),
    };
  } finally {
    await converted.loaded.dispose();
    await original.loaded.dispose();
  }
}

/**
 * Measures each model on ONNX Runtime and on TensorFlow.js, one thread each.
 * @param folders of TensorFlow.js models, each with its manifest
 * @throws Error with a sentence when one is of another kind or cannot be converted
 */
export async function measureConverted(
  folders: readonly string[],
  rounds: number,
): Promise<readonly ConvertedRow[]> {
  const cache = await mkdtemp(path.join(tmpdir(), 'scry-converted-'));
  try {
    const rows: ConvertedRow[] = [];
    for (const folder of folders) {
      const model = await loadModel(path.resolve(folder));
      if (path.extname(model.file) !== '.json')
        throw new Error(`${folder} holds no TensorFlow.js model: its file is ${path.basename(model.file)}`);
      rows.push(await measure(model, rounds, cache));
    }
    return rows;
  } finally {
    await rm(cache, { recursive: true });
  }
}
