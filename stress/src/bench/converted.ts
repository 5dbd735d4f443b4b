/** Converted TensorFlow.js models beside TensorFlow.js itself: both with the workers' own code, one image at a time, in turns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EngineName, loadModel, type Model } from '@scry/shared/models/model-folders';
import { collectGarbage } from '@scry/worker/imaging/collect-garbage';
import type { BatchData, LoadedModel, Outputs } from '@scry/worker/inference/engines/engine';
import { resolveInput } from '@scry/worker/inference/engines/input-spec';
import { valuesPerImage } from '@scry/worker/inference/engines/pixels';
import { loadEngine } from '@scry/worker/inference/engines/registry';
import { createInterpreter } from '@scry/worker/inference/tasks/index';
import { prepareModel } from '@scry/worker/models/conversion/convert';
import { type Spread, spread } from '../load/latency.js';
import { mainThreadCpuMs } from '../proc/usage.js';

interface EngineCost {
  /** Library and backend that it ran on. */
  readonly runtime: string;
  /** Of the thread that calculates, per image, milliseconds. */
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
  /** Outputs that a prediction asks for. */
  readonly asked: readonly string[];
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
  const { width, height } = resolveInput(model, loaded.input);
  const { outputNames } = createInterpreter({ model, width, height, outputs: loaded.outputs });
  return { loaded, asked: outputNames, cpuMs: [], elapsedMs: [], last: new Map() };
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

/** What the turn before has left to be collected is collected before, in other threads at that, and is nobody's cost. */
async function turn(side: Side, image: ReturnType<typeof imageFor>, counted: boolean): Promise<void> {
  await collectGarbage();
  const before = mainThreadCpuMs();
  const start = performance.now();
  side.last = await side.loaded.run(image.data, image.dims, side.asked);
  const elapsed = performance.now() - start;
  const cpu = mainThreadCpuMs() - before;
  if (!counted) return;
  side.elapsedMs.push(elapsed);
  side.cpuMs.push(cpu);
}

function largest(one: readonly number[], other: readonly number[]): number {
  return one.reduce((most, a, at) => {
    const b = other[at] as number;
    return Math.max(most, Math.abs(a - b) / Math.max(1, Math.abs(b)));
  }, 0);
}

/** Boxes of equal scores may come in another order: then what counts is whether the numbers are the same. */
function difference(one: Outputs, other: Outputs): number {
  const all = [...one].map(([name, { data }]) => {
    const [a, b] = [data, other.get(name)?.data ?? data].map((values) => Array.from(values, Number)) as [
      number[],
      number[],
    ];
    const ordered = [a, b].map((values) => values.toSorted((x, y) => x - y)) as [number[], number[]];
    return Math.min(largest(a, b), largest(...ordered));
  });
  return Math.max(...all);
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
