/**
 * Embeddings of images by a base model: each image is run through it once, also over several trainings. What is known is kept
 * by the image's hash; see `packs` of a request.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeCheckpoint, encodeCheckpoint } from '@scry/onnx/gradients/trainer/checkpoint';
import { numbersOf, type Runtime } from '@scry/onnx/gradients/trainer/runtime';
import { writeGraph } from '@scry/onnx/graph/file';
import { type Prepared, TrainingImages } from './images.js';
import type { Learning, Sample } from './learning.js';
import { type BasePlan, embeddingOf } from './plan.js';
import type { TrainRequest } from './protocol.js';

/** Every batch is as large as this, filled up with zeros: the same image gives the same numbers in any of them. */
const BATCH = 32;
/** Changes with whatever changes the numbers: decoding, scaling, where the embedding is taken. */
const FORMAT = 1;

export interface Embedded {
  readonly samples: readonly Sample[];
  /** [samples, size] */
  readonly values: Float32Array;
}

type Known = Map<string, Float32Array>;
type Run = (images: Float32Array) => Promise<Float32Array>;

/** Embeddings that earlier trainings kept. A file that cannot be read is as good as none. */
async function readPacks(
  { embeddings }: TrainRequest,
  size: number,
  log: (line: string) => void,
): Promise<Known> {
  const known: Known = new Map();
  for (const file of embeddings?.packs ?? []) {
    try {
      const { info, vectors } = decodeCheckpoint(new Uint8Array(await readFile(file)));
      if (info.format !== FORMAT || info.size !== size) continue;
      const values = vectors.values as Float32Array;
      for (const [index, sha256] of (info.images as string[]).entries())
        known.set(sha256, values.subarray(index * size, (index + 1) * size));
    } catch (error) {
      log(`Kept embeddings cannot be read and are computed again: ${(error as Error).message}`);
    }
  }
  return known;
}

function gather(samples: readonly Sample[], known: Known, size: number): Embedded {
  const usable = samples.filter(({ sha256 }) => known.has(sha256));
  const values = new Float32Array(usable.length * size);
  for (const [index, { sha256 }] of usable.entries())
    values.set(known.get(sha256) as Float32Array, index * size);
  return { samples: usable, values };
}

/** Runs what is not known yet through the base, batch by batch; no more pixels than a batch's are held. */
async function compute(
  samples: readonly Sample[],
  known: Known,
  images: TrainingImages,
  run: Run,
  learning: Learning,
): Promise<number> {
  const missing = samples.filter(({ sha256 }) => !known.has(sha256));
  let waiting: Prepared<Sample>[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const batch = new Float32Array(BATCH * images.length);
    for (const [index, { pixels }] of waiting.entries()) images.write(pixels, batch, index);
    const values = await run(batch);
    const size = values.length / BATCH;
    for (const [index, { item }] of waiting.entries())
      known.set(item.sha256, values.slice(index * size, (index + 1) * size));
    waiting = [];
  };
  for (let index = missing.length; index < samples.length; index += 1) learning.onPrepared();
  for await (const prepared of images.prepare(missing, learning.onSkipped)) {
    waiting.push(prepared);
    learning.onPrepared();
    if (waiting.length === BATCH) await flush();
  }
  await flush();
  return missing.length;
}

/** Keeps the embeddings of a training's images, and of no others, for the next one. */
async function writePack(
  samples: readonly Sample[],
  known: Known,
  size: number,
  file: string,
): Promise<void> {
  const { samples: usable, values } = gather(samples, known, size);
  const info = { format: FORMAT, size, images: usable.map(({ sha256 }) => sha256) };
  await writeFile(file, encodeCheckpoint({ info, vectors: { values } }));
}

export interface Embeddings {
  /** Length of one. */
  readonly size: number;
  readonly train: Embedded;
  readonly validation: Embedded;
  readonly test: Embedded;
}

/** Embeddings of all images of a training. @throws ConversionError when the base has none, as with detectors */
export async function embedAll(base: BasePlan, learning: Learning, runtime: Runtime): Promise<Embeddings> {
  const { train, validation, test, request } = learning;
  const { graph, size } = embeddingOf(base);
  const session = await runtime.session(writeGraph(graph));
  const images = new TrainingImages(base.input, request);
  const name = graph.inputs[0]?.name as string;
  const { layout, height, width } = base.input;
  const channels = images.length / (height * width);
  const dims = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const run: Run = async (data) => {
    const feeds = { [name]: runtime.tensor('float32', data, [BATCH, ...dims]) };
    return numbersOf((await session.run(feeds, { embedding: null })).embedding);
  };
  try {
    const known = await readPacks(request, size, learning.log);
    const all = [...train, ...validation, ...test];
    const computed = await compute(all, known, images, run, learning);
    if (computed < all.length)
      learning.log(`${all.length - computed} of ${all.length} embeddings are known from earlier trainings.`);
    if (computed > 0 && request.embeddings) {
      const file = path.join(request.folder, 'embeddings');
      await writePack(all, known, size, file);
      learning.onEmbeddings(file);
    }
    return {
      size,
      train: gather(train, known, size),
      validation: gather(validation, known, size),
      test: gather(test, known, size),
    };
  } finally {
    await images.close();
    await session.release();
  }
}
