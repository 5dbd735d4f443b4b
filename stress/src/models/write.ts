/** Writes the models that measurements use, as folders that Scry serves like any other. */
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { manifestSchema } from '@scry/shared/models/model-folders';
import { identity } from './identity.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { resnet50 } from './resnet-50.js';

interface BenchModel {
  readonly description: string;
  readonly build: () => Uint8Array;
  readonly size: number;
  readonly classes: readonly string[];
  readonly output: { readonly format: 'logits' | 'probabilities'; readonly name: string };
  /** Of ImageNet's images, as most exported classifiers expect. */
  readonly normalise: boolean;
}

const numbered = Array.from({ length: 1000 }, (_, index) => `class ${index}`);

const MODELS = {
  identity: {
    description: 'The mean of each colour; costs nothing, so it measures the system alone.',
    build: identity,
    size: 32,
    classes: ['red', 'green', 'blue'],
    output: { format: 'probabilities', name: 'probabilities' },
    normalise: false,
  },
  'mobilenet-v2': {
    description: 'The shapes of MobileNetV2 with random weights: right costs, meaningless answers.',
    build: mobilenetV2,
    size: 224,
    classes: numbered,
    output: { format: 'logits', name: 'logits' },
    normalise: true,
  },
  'resnet-50': {
    description: 'The shapes of ResNet-50 with random weights: right costs, meaningless answers.',
    build: resnet50,
    size: 224,
    classes: numbered,
    output: { format: 'logits', name: 'logits' },
    normalise: true,
  },
} as const satisfies Record<string, BenchModel>;

export type BenchModelName = keyof typeof MODELS;
export const BENCH_MODELS = Object.keys(MODELS) as BenchModelName[];

/** Width and height of a model's input, pixels. */
export function benchModelSize(name: BenchModelName): number {
  return MODELS[name].size;
}

function describe(name: BenchModelName, model: BenchModel): object {
  const manifest = {
    name,
    version: '1',
    description: model.description,
    task: 'classification',
    engine: 'onnx',
    file: 'model.onnx',
    labels: 'labels.txt',
    input: {
      width: model.size,
      height: model.size,
      resize: 'stretch',
      ...(model.normalise && { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }),
    },
    output: { ...model.output, top_k: 5 },
    batch: { max: 8, delay_ms: 2 },
  };
  manifestSchema.parse(manifest);
  return manifest;
}

async function isWritten(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/**
 * Writes model folders under `directory`; one whose manifest is there already is left alone.
 * The manifest comes last, so a folder that has one is whole.
 * @throws what the file system says
 */
export async function writeBenchModels(
  directory: string,
  names: readonly BenchModelName[] = BENCH_MODELS,
): Promise<void> {
  for (const name of names) {
    const folder = path.join(directory, name);
    const manifest = path.join(folder, 'manifest.json');
    if (await isWritten(manifest)) continue;
    const model = MODELS[name];
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'model.onnx'), model.build());
    await writeFile(path.join(folder, 'labels.txt'), `${model.classes.join('\n')}\n`);
    await writeFile(`${manifest}.part`, `${JSON.stringify(describe(name, model), null, 2)}\n`);
    await rename(`${manifest}.part`, manifest);
  }
}
