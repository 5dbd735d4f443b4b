/**
 * Embeddings of images by a base model. Each image, as it is and in further views of it, is run through the base once, also over
 * several trainings: what is known is kept by the image's hash; see `embeddings` of a request.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeCheckpoint, encodeCheckpoint } from '@scry/onnx/gradients/trainer/checkpoint';
import { numbersOf, type Runtime } from '@scry/onnx/gradients/trainer/runtime';
import { writeGraph } from '@scry/onnx/graph/file';
import type { Augmentation } from '@scry/shared/contracts/training';
import { channelCount } from '../../inference/engines/pixels.js';
import { changesImages } from './augment.js';
import { BatchMaker } from './batch-maker.js';
import { type Prepared, TrainingImages } from './images.js';
import type { Learning, Sample } from './learning.js';
import { PixelStore } from './pixel-store.js';
import { type BasePlan, embeddingOf } from './plan.js';
import type { TrainRequest } from './protocol.js';

/** Every batch is as large as this, filled up with zeros: the same image gives the same numbers in any of them. */
const BATCH = 32;
/** Changes with whatever changes the numbers: decoding, scaling, changing, where the embedding is taken. */
const FORMAT = 1;
const MOST_KEPT_BYTES = 2 ** 28;
/** Of the memory of a training, what embeddings may take; fitting needs them several times over. */
const MEMORY_SHARE = 1 / 8;
const USUAL_CHANGES: Augmentation = { flip: false, crop: true, rotate: true, color: true, erase: false };

export interface Embedded {
  /** The image of each embedding; one comes as often as it has views. */
  readonly samples: readonly Sample[];
  /** [samples, size] */
  readonly values: Float32Array;
}

type Known = Map<string, Float32Array>;
type Run = (images: Float32Array) => Promise<Float32Array>;

/** How images are looked at. */
interface Views {
  /** 1: as they are. */
  readonly count: number;
  readonly augment: Augmentation;
  readonly seed: number;
}

/** Under which an embedding is known. @param view 0: the image as it is */
function keyOf(sha256: string, view: number, { augment, seed }: Views): string {
  if (view === 0) return sha256;
  const changes = Object.entries(augment).filter(([, on]) => on);
  return `${sha256} ${view} ${seed} ${changes.map(([name]) => name).join(' ')}`;
}

/** The draws of an image's changes depend on what it shows, not on where it stands. */
const drawOf = (sha256: string) => Number.parseInt(sha256.slice(0, 8), 16);

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

function gather(samples: readonly Sample[], known: Known, size: number, views: Views): Embedded {
  const usable = samples
    .filter(({ sha256 }) => known.has(sha256))
    .flatMap((sample) => Array.from({ length: views.count }, (_, view) => ({ sample, view })));
  const values = new Float32Array(usable.length * size);
  for (const [index, { sample, view }] of usable.entries())
    values.set(known.get(keyOf(sample.sha256, view, views)) as Float32Array, index * size);
  return { samples: usable.map(({ sample }) => sample), values };
}

/** Runs images in all their views through the base, batch by batch; no more pixels than a batch's are held. */
async function compute(
  samples: readonly Sample[],
  known: Known,
  views: Views,
  { images, maker, run }: { images: TrainingImages; maker: BatchMaker; run: Run },
  learning: Learning,
): Promise<void> {
  let waiting: Prepared<Sample>[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const store = new PixelStore(waiting.length, images.length, Number.POSITIVE_INFINITY);
    for (const { pixels } of waiting) store.add(pixels);
    const shas = waiting.map(({ item }) => item.sha256);
    waiting = [];
    const task = { places: [...shas.keys()], draws: shas.map(drawOf), pixels: store.shared, size: BATCH };
    const batches = Array.from({ length: views.count }, (_, view) =>
      maker.make({ ...task, epoch: view === 0 ? null : view }),
    );
    for (const [view, batch] of (await Promise.all(batches)).entries()) {
      const values = await run(batch);
      const size = values.length / BATCH;
      for (const [index, sha256] of shas.entries())
        known.set(keyOf(sha256, view, views), values.slice(index * size, (index + 1) * size));
    }
  };
  for await (const prepared of images.prepare(samples, learning.onSkipped)) {
    waiting.push(prepared);
    learning.onPrepared();
    if (waiting.length === BATCH) await flush();
  }
  await flush();
}

/** Keeps the embeddings of a training's images, and of no others, for the next one; as they are before further views. */
async function writePack(
  samples: readonly Sample[],
  known: Known,
  size: number,
  views: Views,
  file: string,
): Promise<void> {
  const most = Math.floor(MOST_KEPT_BYTES / (size * Float32Array.BYTES_PER_ELEMENT));
  const keys = Array.from({ length: views.count }, (_, view) =>
    samples.map(({ sha256 }) => keyOf(sha256, view, views)).filter((key) => known.has(key)),
  ).flat();
  const kept = keys.slice(0, most);
  const values = new Float32Array(kept.length * size);
  for (const [index, key] of kept.entries()) values.set(known.get(key) as Float32Array, index * size);
  const info = { format: FORMAT, size, images: kept };
  await writeFile(file, encodeCheckpoint({ info, vectors: { values } }));
}

/** As many views as were asked for, or as memory has room for. */
function viewsOf({ request, train, validation, log }: Learning, size: number): Views {
  const { views: asked, augment, seed } = request.settings;
  const bytes = (train.length + validation.length) * size * Float32Array.BYTES_PER_ELEMENT;
  const count = Math.max(1, Math.min(asked, Math.floor((request.memoryBytes * MEMORY_SHARE) / bytes)));
  if (count < asked)
    log(`Memory is enough for ${count} of ${asked} views of each image (TRAIN_MEMORY_BYTES).`);
  return { count, augment: changesImages(augment) ? augment : USUAL_CHANGES, seed };
}

export interface Embeddings {
  /** Length of one. */
  readonly size: number;
  /** Each image as often as it has views. */
  readonly train: Embedded;
  /** Those of the validation in the same way, to be learned from in the end. */
  readonly more: Embedded;
  /** Each image as it is. */
  readonly validation: Embedded;
  readonly test: Embedded;
}

async function gatherAll(
  base: BasePlan,
  learning: Learning,
  known: Known,
  { run, size, views }: { run: Run; size: number; views: Views },
): Promise<void> {
  const { train, validation, test, request } = learning;
  const images = new TrainingImages(base.input, request);
  const setup = {
    pixels: new PixelStore(0, images.length, 0).shared,
    input: base.input,
    augment: views.augment,
    seeds: [views.seed],
  };
  const maker = new BatchMaker(setup, [], request.threads);
  const viewed = [...train, ...validation];
  const last = (sha256: string) => keyOf(sha256, views.count - 1, views);
  const missing = viewed.filter(({ sha256 }) => !known.has(sha256) || !known.has(last(sha256)));
  const missingTests = test.filter(({ sha256 }) => !known.has(sha256));
  const all = viewed.length + test.length;
  const computed = missing.length + missingTests.length;
  for (let index = computed; index < all; index += 1) learning.onPrepared();
  if (computed < all)
    learning.log(`${all - computed} of ${all} embeddings are known from earlier trainings.`);
  try {
    const parts = { images, maker, run };
    await compute(missing, known, views, parts, learning);
    await compute(missingTests, known, { ...views, count: 1 }, parts, learning);
  } finally {
    await maker.close();
    await images.close();
  }
  if (computed === 0 || !request.embeddings) return;
  const file = path.join(request.folder, 'embeddings');
  await writePack([...viewed, ...test], known, size, views, file);
  learning.onEmbeddings(file);
}

/** Embeddings of all images of a training. @throws ConversionError when the base has none, as with detectors */
export async function embedAll(base: BasePlan, learning: Learning, runtime: Runtime): Promise<Embeddings> {
  const { graph, size } = embeddingOf(base);
  const session = await runtime.session(writeGraph(graph));
  const name = graph.inputs[0]?.name as string;
  const { layout, height, width } = base.input;
  const depth = channelCount(base.input);
  const dims = layout === 'nchw' ? [depth, height, width] : [height, width, depth];
  const run: Run = async (data) => {
    const feeds = { [name]: runtime.tensor('float32', data, [BATCH, ...dims]) };
    return numbersOf((await session.run(feeds, { embedding: null })).embedding);
  };
  const views = viewsOf(learning, size);
  const once = { ...views, count: 1 };
  try {
    const known = await readPacks(learning.request, size, learning.log);
    await gatherAll(base, learning, known, { run, size, views });
    const { train, validation, test } = learning;
    return {
      size,
      train: gather(train, known, size, views),
      more: gather(validation, known, size, views),
      validation: gather(validation, known, size, once),
      test: gather(test, known, size, once),
    };
  } finally {
    await session.release();
  }
}
