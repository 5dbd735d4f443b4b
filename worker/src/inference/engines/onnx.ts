/** ONNX Runtime. One session per model and thread; ORT leaks a little with every session made, so they stay loaded. */
import '../no-telemetry.js';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Model } from '@scry/shared/models/model-folders';
import ort from 'onnxruntime-node';
import type { LoadableModel } from '../../models/conversion/plan.js';
import { ManifestProblem, oneLine } from '../../models/manifest-problem.js';
import { otherFormat } from '../../models/model-file.js';
import type {
  BatchData,
  Device,
  Engine,
  InputDescription,
  InputType,
  LoadedModel,
  LoadOptions,
  Tensor,
  TensorData,
} from './engine.js';
import { loadReason, runReason } from './onnx-errors.js';
import { lacksLibrary } from './shared-library.js';

/** ORT never falls back by itself: these are tried in order. */
const BEST_FIRST: readonly Device[] = ['cuda', 'webgpu', 'cpu'];

/** Some exporters cause a warning per weight, and errors are thrown as well: nothing of it is worth printing. */
const FATAL_ONLY = 4;
ort.env.logLevel = 'fatal';

function version(): string {
  const file = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** What is given and taken as it is; for other types the model is wrapped in casts. */
const INPUTS: readonly string[] = ['float32', 'uint8', 'int8'] satisfies InputType[];
const OUTPUTS: readonly string[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];

const isInputType = (type: string): type is InputType => INPUTS.includes(type);

const toOrt = (data: BatchData, dims: readonly number[]): ort.Tensor =>
  data instanceof Uint8Array
    ? new ort.Tensor('uint8', data, dims)
    : data instanceof Int8Array
      ? new ort.Tensor('int8', data, dims)
      : new ort.Tensor('float32', data, dims);

function describeInput(model: Model, session: ort.InferenceSession): InputDescription {
  const file = path.basename(model.file);
  const names = session.inputNames;
  const name = model.input.name ?? names[0];
  const found = session.inputMetadata.find((input) => input.name === name);
  if (!name || !found?.isTensor)
    throw new ManifestProblem(model, 'input.name', `${file} has no input "${name}" but ${names.join(', ')}`);
  if (names.length > 1)
    throw new ManifestProblem(
      model,
      'file',
      `${file} needs ${names.length} inputs (${names.join(', ')}), but only an image can be given; export it with one`,
    );
  if (!isInputType(found.type))
    throw new ManifestProblem(
      model,
      'file',
      `input "${name}" of ${file} is ${found.type}; export it with float32 or uint8`,
    );
  const dims = found.shape.map((size) => (typeof size === 'number' && size > 0 ? size : null));
  return { name, dims, type: found.type };
}

function toTensor(name: string, value: ort.OnnxValue | undefined): Tensor {
  if (!value) throw new Error(`the model gave no output "${name}"`);
  const { type, dims, data } = value as ort.Tensor;
  if (!OUTPUTS.includes(type)) throw new Error(`output "${name}" is ${type}; export it as float32`);
  return { dims, data: data as TensorData };
}

/** Devices that this machine lacks, with the reason: asking again for every model would only print the same again. */
const absent = new Map<Device, string>();

/** Half floats and the like are made float32 on their way in and out: Node 23 and later cannot give them to ORT. */
async function openSession(
  file: string,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  const session = await ort.InferenceSession.create(file, options);
  const fits =
    session.inputMetadata.every((value) => !value.isTensor || INPUTS.includes(value.type)) &&
    session.outputMetadata.every((value) => !value.isTensor || OUTPUTS.includes(value.type));
  if (fits) return session;
  await session.release();
  const { withUsualTypes } = await import('@scry/onnx/graph/usual-types');
  const beside = { session: { model_external_initializers_file_folder_path: path.dirname(file) } };
  return ort.InferenceSession.create(withUsualTypes(await readFile(file)), {
    ...options,
    extra: beside,
  });
}

async function createOn(
  device: Device,
  model: LoadableModel,
  options: LoadOptions,
): Promise<ort.InferenceSession> {
  // WebGPU stands on Vulkan here, and its library would print that it is missing, in every thread.
  if (device === 'webgpu' && !absent.has(device) && lacksLibrary('libvulkan.so.1'))
    absent.set(device, 'there is no Vulkan on this machine (libvulkan.so.1)');
  const known = absent.get(device);
  if (known) throw new Error(known);
  try {
    return await openSession(model.network ?? model.file, {
      executionProviders: [device],
      intraOpNumThreads: options.intraOpThreads,
      interOpNumThreads: 1,
      logSeverityLevel: FATAL_ONLY,
    });
  } catch (error) {
    const message = loadReason(error);
    if (/shared library|adapter/i.test(message)) absent.set(device, message);
    throw new Error(message, { cause: error });
  }
}

async function createSession(model: LoadableModel, options: LoadOptions) {
  const other = model.network ? null : await otherFormat(model.file, 'onnx');
  if (other) throw new ManifestProblem(model, 'file', `${path.basename(model.file)} is ${other}`);
  const devices = options.device === 'auto' ? BEST_FIRST : [options.device];
  const reasons: string[] = [];
  for (const device of devices) {
    try {
      return { session: await createOn(device, model, options), device };
    } catch (error) {
      reasons.push(`${device}: ${oneLine(error)}`);
      const missing = absent.get(device);
      if (missing) options.onAbsent(device, missing);
      else if (device !== devices.at(-1))
        options.onFallback(`${model.name} does not run on ${device}: ${oneLine(error)}`);
    }
  }
  const file = path.basename(model.file);
  throw new ManifestProblem(model, 'file', `${file} cannot be loaded (${reasons.at(-1)})`);
}

/** @throws Error that says which operation failed and why */
async function run(
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
  outputNames: readonly string[],
) {
  try {
    return await session.run(feeds, [...outputNames]);
  } catch (error) {
    throw new Error(runReason(error), { cause: error });
  }
}

export const engine: Engine = {
  name: 'onnx',

  async load(model, options): Promise<LoadedModel> {
    const created = await createSession(model, options);
    const { device } = created;
    let session: ort.InferenceSession | null = created.session;
    try {
      const input = describeInput(model, created.session);
      return {
        device,
        runtime: `onnxruntime ${version()} ${device}`,
        input,
        outputs: created.session.outputNames,
        async run(data, dims, outputNames) {
          if (!session) throw new Error('the model is not loaded any more');
          const results = await run(session, { [input.name]: toOrt(data, dims) }, outputNames);
          return new Map(outputNames.map((name) => [name, toTensor(name, results[name])]));
        },
        /** A session's arena never shrinks: what the largest batch took stays with it until its end. */
        async releaseMemory() {
          if (device !== 'cpu') return;
          await session?.release();
          session = null;
          session = await createOn(device, model, options);
        },
        dispose: async () => session?.release(),
      };
    } catch (error) {
      await created.session.release();
      throw error;
    }
  },
};
