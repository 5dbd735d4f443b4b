/**
 * What runs inside an inference thread: loads and unloads versions of models and runs batches, one request after the other.
 * A model that fails to load is a value in the report; the thread goes on with the others.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { versionKey } from '@scry/shared/contracts/version-key';
import type { Model } from '@scry/shared/models/model-folders';
import type { ImageInput } from '../imaging/fit.js';
import { oneLine } from '../models/manifest-problem.js';
import type { Device, Engine } from './engines/engine.js';
import { type EngineModules, loadEngine } from './engines/registry.js';
import { type BatchResult, type InferenceItem, ThreadModel } from './thread-model.js';

/** What the pool gives every thread. */
export interface ThreadData {
  readonly device: Device | 'auto';
  readonly intraOpThreads: number;
  readonly engines: EngineModules;
}

/** One thing to do. The next request comes when this one is answered. */
export type ThreadRequest =
  | { readonly load: Model }
  /** Key of a version. */
  | { readonly unload: string }
  /** Key of a version, with the images of one batch. */
  | { readonly run: string; readonly items: readonly InferenceItem[] };

export type ThreadReply = { readonly value: unknown } | { readonly error: string };

export interface ThreadResult extends BatchResult {
  /** Tensors that TensorFlow.js holds in this thread; null for engines that do not count. */
  readonly liveTensors: number | null;
}

/** How loading one model went. */
export type ModelReport = {
  readonly name: string;
  readonly version: string;
  /** Sentences worth a log line: devices that it does not run on, oddities of the file. */
  readonly notes: readonly string[];
} & (
  | {
      readonly ok: true;
      readonly engine: string;
      readonly device: Device;
      /** For people: which library and backend it runs on. */
      readonly runtime: string;
      /** What `ImageReader.prepare` needs, with sizes from the model file where the manifest has none. */
      readonly input: ImageInput;
      /** Images that one run takes at the most. */
      readonly batchLimit: number;
      /** Loading and warm-up, milliseconds. */
      readonly loadMs: number;
    }
  | { readonly ok: false; readonly problem: string }
);

/** The report of a model that serves. */
export type LoadedReport = Extract<ModelReport, { ok: true }>;

/** What a thread answers when it was to load a model. */
export interface ThreadLoaded {
  readonly report: ModelReport;
  /** Devices that this machine lacks, as far as they were asked for, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

interface Serving {
  readonly served: ThreadModel;
  readonly engine: Engine;
}

const data = workerData as ThreadData;
const serving = new Map<string, Serving>();

const absent: Record<string, string> = {};
const onAbsent = (device: string, reason: string) => {
  absent[device] = reason;
};

async function load(model: Model): Promise<ModelReport> {
  const notes: string[] = [];
  const note = (sentence: string) => notes.push(sentence);
  const start = performance.now();
  const { name, version } = model;
  try {
    const engine = await loadEngine(model.engine, data.engines);
    const { device, intraOpThreads } = data;
    const options = { device, intraOpThreads, onFallback: note, onAbsent };
    const served = await ThreadModel.load(engine, model, options, note);
    serving.set(versionKey(name, version), { served, engine });
    const { resample, filter, antialias, resize, crop, pad, align } = model.input;
    const { width, height, channels } = served.input;
    return {
      name,
      version,
      ok: true,
      notes,
      engine: engine.name,
      device: served.loaded.device,
      runtime: served.loaded.runtime,
      input: { width, height, channels, resample, filter, antialias, resize, crop, pad, align },
      batchLimit: Math.min(served.batchLimit, model.batch.max),
      loadMs: performance.now() - start,
    };
  } catch (error) {
    return { name, version, ok: false, notes, problem: oneLine(error) };
  }
}

async function unload(key: string): Promise<void> {
  const found = serving.get(key);
  serving.delete(key);
  await found?.served.dispose();
}

/** @throws Error with the engine's words when a run fails */
async function run(key: string, items: readonly InferenceItem[]): Promise<ThreadResult> {
  const found = serving.get(key);
  if (!found) throw new Error(`model "${key}" is not loaded in this inference thread`);
  const result = await found.served.run(items);
  return { ...result, liveTensors: found.engine.liveTensors?.() ?? null };
}

async function carryOut(request: ThreadRequest): Promise<unknown> {
  if ('run' in request) return run(request.run, request.items);
  if ('unload' in request) return unload(request.unload);
  return { report: await load(request.load), absent } satisfies ThreadLoaded;
}

parentPort?.on('message', (request: ThreadRequest) => {
  void carryOut(request)
    .then(
      (value): ThreadReply => ({ value }),
      (error: unknown): ThreadReply => ({ error: oneLine(error) }),
    )
    .then((reply) => parentPort?.postMessage(reply));
});
