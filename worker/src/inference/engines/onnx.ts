/** ONNX Runtime. One session per model and thread; ORT leaks a little with every session made, so they stay loaded. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Model } from '@scry/shared/models/model-folders';
import ort from 'onnxruntime-node';
import { ManifestProblem, oneLine } from '../../models/manifest-problem.js';
import type {
  Device,
  Engine,
  InputDescription,
  LoadedModel,
  LoadOptions,
  Tensor,
  TensorData,
} from './engine.js';

/** ORT never falls back by itself: these are tried in order. */
const BEST_FIRST: readonly Device[] = ['cuda', 'webgpu', 'cpu'];

/** Some exporters cause a warning per weight, and errors are thrown as well: nothing of it is worth printing. */
const FATAL_ONLY = 4;
ort.env.logLevel = 'fatal';

function version(): string {
  const file = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

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
      `${file} wants ${names.length} inputs (${names.join(', ')}), but only an image can be given; export it with one`,
    );
  if (found.type !== 'float32' && found.type !== 'uint8')
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
  if (!['float32', 'int32', 'uint8', 'bool', 'int64'].includes(type))
    throw new Error(`output "${name}" is ${type}; export it as float32`);
  return { dims, data: data as TensorData };
}

/** Devices that this machine lacks, with the reason: asking again for every model would only print the same again. */
const absent = new Map<Device, string>();

/** ORT's words without the place in its source that they begin with. */
function reason(error: unknown): string {
  return oneLine(error).replace(/^\/\S+\.cc:\d+ .* was false\. /, '');
}

/**
 * True when there is no Vulkan, which WebGPU stands on here: its library would say so on the terminal, in every thread.
 * Loading it as an addon always fails, but for another reason when it is there.
 */
function lacksVulkan(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
    return false;
  } catch (error) {
    return /cannot open shared object/.test(oneLine(error));
  }
}

async function createOn(device: Device, model: Model, options: LoadOptions): Promise<ort.InferenceSession> {
  if (device === 'webgpu' && !absent.has(device) && lacksVulkan())
    absent.set(device, 'there is no Vulkan on this machine (libvulkan.so.1)');
  const known = absent.get(device);
  if (known) throw new Error(known);
  try {
    return await ort.InferenceSession.create(model.file, {
      executionProviders: [device],
      intraOpNumThreads: options.intraOpThreads,
      interOpNumThreads: 1,
      logSeverityLevel: FATAL_ONLY,
    });
  } catch (error) {
    const message = reason(error);
    if (/shared library|adapter/i.test(message)) absent.set(device, message);
    throw new Error(message, { cause: error });
  }
}

async function createSession(model: Model, options: LoadOptions) {
  const devices = options.device === 'auto' ? BEST_FIRST : [options.device];
  const reasons: string[] = [];
  for (const device of devices) {
    try {
      return { session: await createOn(device, model, options), device };
    } catch (error) {
      reasons.push(`${device}: ${oneLine(error)}`);
      if (device !== devices.at(-1))
        options.onFallback(`${model.name} does not run on ${device}: ${oneLine(error)}`);
    }
  }
  const file = path.basename(model.file);
  throw new ManifestProblem(model, 'file', `${file} cannot be loaded (${reasons.at(-1)})`);
}

export const engine: Engine = {
  name: 'onnx',

  async load(model, options): Promise<LoadedModel> {
    const { session, device } = await createSession(model, options);
    try {
      const input = describeInput(model, session);
      return {
        device,
        runtime: `onnxruntime ${version()} ${device}`,
        input,
        outputs: session.outputNames,
        async run(data, dims, wanted) {
          const tensor =
            data instanceof Uint8Array
              ? new ort.Tensor('uint8', data, dims)
              : new ort.Tensor('float32', data, dims);
          const results = await session.run({ [input.name]: tensor }, [...wanted]);
          return new Map(wanted.map((name) => [name, toTensor(name, results[name])]));
        },
        dispose: () => session.release(),
      };
    } catch (error) {
      await session.release();
      throw error;
    }
  },
};
