/**
 * What runs inside an inference thread: loads every model when the thread starts, tells the pool how that went, then
 * runs batches. A model that fails to load is a value in the report; the thread serves the others.
 */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import type { Model } from '@scry/shared/models/model-folders';
import type { ImageInput } from '../imaging/fit.js';
import { oneLine } from '../models/manifest-problem.js';
import type { Device, Engine } from './engines/engine.js';
import { type EngineModules, loadEngine } from './engines/registry.js';
import { type BatchResult, type InferenceItem, ServedModel } from './thread-model.js';

/** What the pool gives every thread. */
export interface ThreadData {
  readonly models: readonly Model[];
  readonly device: Device | 'auto';
  readonly intraOpThreads: number;
  readonly engines: EngineModules;
}

export interface ThreadTask {
  readonly model: string;
  readonly items: readonly InferenceItem[];
}

export interface ThreadResult extends BatchResult {
  /** Tensors that TensorFlow.js holds in this thread; null for engines that do not count. */
  readonly liveTensors: number | null;
}

/** How loading one model went. */
export type ModelReport = {
  readonly name: string;
  /** Sentences worth a log line: devices that it does not run on, oddities of the file. */
  readonly notes: readonly string[];
} & (
  | {
      readonly ok: true;
      readonly version: string;
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

/** Sent once by every thread, when it is ready. */
export interface ThreadReady {
  readonly ready: number;
  readonly reports: readonly ModelReport[];
  /** Devices that this machine lacks, as far as they were asked for, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

interface Serving {
  readonly served: ServedModel;
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
  try {
    const engine = await loadEngine(model.engine, data.engines);
    const { device, intraOpThreads } = data;
    const options = { device, intraOpThreads, onFallback: note, onAbsent };
    const served = await ServedModel.load(engine, model, options, note);
    serving.set(model.name, { served, engine });
    const { resample, filter, antialias, resize, crop, pad, align } = model.input;
    const { width, height, channels } = served.input;
    return {
      name: model.name,
      ok: true,
      notes,
      version: model.version,
      engine: engine.name,
      device: served.loaded.device,
      runtime: served.loaded.runtime,
      input: { width, height, channels, resample, filter, antialias, resize, crop, pad, align },
      batchLimit: Math.min(served.batchLimit, model.batch.max),
      loadMs: performance.now() - start,
    };
  } catch (error) {
    return { name: model.name, ok: false, notes, problem: oneLine(error) };
  }
}

const reports: ModelReport[] = [];
for (const model of data.models) reports.push(await load(model));
parentPort?.postMessage({ ready: threadId, reports, absent } satisfies ThreadReady);

/** @throws Error with the engine's words when a run fails */
export default async function run({ model, items }: ThreadTask): Promise<ThreadResult> {
  const found = serving.get(model);
  if (!found) throw new Error(`model "${model}" is not loaded in this inference thread`);
  const result = await found.served.run(items);
  return { ...result, liveTensors: found.engine.liveTensors?.() ?? null };
}
