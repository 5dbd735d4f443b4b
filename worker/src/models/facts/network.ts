/** Loads a model's network and runs it once on noise, to learn what goes in and what comes out. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { summarize } from '@scry/onnx/graph/summary';
import type { InputFacts, OutputFacts } from '@scry/shared/models/complete/facts';
import { imageShape } from '@scry/shared/models/complete/image-size';
import { ultralyticsOf } from '@scry/shared/models/complete/ultralytics';
import { type Model, manifestSchema } from '@scry/shared/models/model-folders';
import type { LoadedModel, Tensor } from '../../inference/engines/engine.js';
import { loadEngine } from '../../inference/engines/registry.js';
import { oneLine } from '../manifest-problem.js';

export interface NetworkRequest {
  /** Absolute path of the model file, and of the ONNX file to run. */
  readonly file: string;
  readonly network: string;
  readonly format: string;
  /** What the manifest says of the input, and sizes for an input that leaves them free. */
  readonly inputName: string | null;
  readonly width: number | null;
  readonly height: number | null;
}

export interface NetworkFacts {
  readonly network: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly input: InputFacts;
  readonly outputs: readonly OutputFacts[];
  /** Why the run failed, after which no output has a shape; null when it did not, or when no size is known to run it at. */
  readonly failed: string | null;
}

const ACTIVATIONS: Readonly<Record<string, OutputFacts['activation']>> = {
  Softmax: 'softmax',
  Sigmoid: 'sigmoid',
  Gemm: 'none',
  MatMul: 'none',
  Conv: 'none',
};
const OPTIONS = { device: 'cpu', intraOpThreads: 1, onFallback: () => {}, onAbsent: () => {} } as const;
/** Beyond this a network is not run for the sake of its facts. */
const MOST_VALUES = 64 * 1024 * 1024;

/** Only what an engine asks of a model. */
function asModel({ file, network, inputName }: NetworkRequest): Model & { readonly network: string } {
  const manifest = manifestSchema.parse({
    name: 'unknown',
    task: 'classification',
    file: path.basename(file),
    labels: ['unknown'],
    input: inputName === null ? {} : { name: inputName },
    output: { format: 'logits' },
  });
  return { ...manifest, labels: ['unknown'], folder: path.dirname(file), file, network };
}

function measure({ data }: Tensor): OutputFacts['measured'] {
  const values = Array.from(data, Number);
  if (values.length === 0 || !values.every(Number.isFinite)) return null;
  const add = (a: number, b: number) => a + b;
  return {
    least: values.reduce((a, b) => Math.min(a, b)),
    most: values.reduce((a, b) => Math.max(a, b)),
    sum: values.reduce(add),
  };
}

/** Free sizes as far as they are known; a free batch is one image. @returns null when some size is not known */
function dimsToRun(
  input: InputFacts,
  request: NetworkRequest,
  size: { width: number; height: number } | null,
) {
  const shape = imageShape(input, request.format);
  if (!shape) return null;
  const width = shape.width ?? request.width ?? size?.width;
  const height = shape.height ?? request.height ?? size?.height;
  const channels = shape.channels ?? 3;
  if (!width || !height) return null;
  const image = shape.layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const dims = input.dims.length === 4 ? [input.dims[0] ?? 1, ...image] : image;
  return dims.reduce((product, one) => product * one, 1) > MOST_VALUES ? null : dims;
}

async function run(loaded: LoadedModel, dims: readonly number[]) {
  const length = dims.reduce((product, size) => product * size, 1);
  // Levels are of no matter here; 0 to 1 is what most networks take.
  const level = (at: number) => ((Math.imul(at + 1, 2654435761) >>> 8) & 255) / 255;
  const { type } = loaded.input;
  const data =
    type === 'float32'
      ? Float32Array.from({ length }, (_, at) => level(at))
      : new (type === 'int8' ? Int8Array : Uint8Array)(length).map((_, at) => level(at) * 255);
  return loaded.run(data, dims, loaded.outputs);
}

/**
 * Reads what a network tells. Whoever calls this runs the file in its own process.
 * @throws Error with the engine's words when the file cannot be loaded
 */
export async function readNetwork(request: NetworkRequest): Promise<NetworkFacts> {
  const engine = await loadEngine('onnx', {});
  const loaded = await engine.load(asModel(request), OPTIONS);
  const { name, metadata, lastOperations } = summarize(await readFile(request.network));
  const { name: inputName, dims, type } = loaded.input;
  const input = { name: inputName, dims, type };
  const size = ultralyticsOf({ metadata })?.size ?? null;
  const toRun = dimsToRun(input, request, size);
  let failed: string | null = null;
  const outputs =
    toRun &&
    (await run(loaded, toRun).catch((error: unknown) => {
      failed = `a run of ${path.basename(request.file)} on an input of [${toRun.join(', ')}] fails (${oneLine(error)})`;
      return null;
    }));
  return {
    network: name,
    metadata,
    input,
    failed,
    outputs: loaded.outputs.map((output) => {
      const tensor = outputs?.get(output);
      const activation = ACTIVATIONS[lastOperations.get(output) ?? ''] ?? null;
      const first = toRun?.[0] === 1;
      return {
        name: output,
        dims: tensor?.dims ?? [],
        activation,
        measured: tensor && first ? measure(tensor) : null,
      };
    }),
  };
}
