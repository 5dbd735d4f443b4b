/**
 * One inference thread of the bare loop: decodes an image, writes its pixels, runs the model, and begins again.
 * The next image is decoded by libuv's threads meanwhile, so no CPU ever waits.
 * It uses the very code with which workers decode and infer.
 */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { loadModel } from '@scry/shared/models/model-folders';
import { ImageReader, type Preparation } from '@scry/worker/imaging/image-reader';
import { loadEngine } from '@scry/worker/inference/engines/registry';
import { ThreadModel } from '@scry/worker/inference/thread-model';

export interface LimitThreadData {
  readonly modelFolder: string;
  readonly images: readonly string[];
}

/** What the thread is told to do: loop for a time, or take images one after the other and time each. */
export type LimitOrder =
  | { readonly kind: 'loop'; readonly ms: number }
  | { readonly kind: 'bare'; readonly count: number };

export interface LimitAnswer {
  /** Images finished in time. */
  readonly finished: number;
  /** Of order "bare": milliseconds of each image. */
  readonly decodeMs: readonly number[];
  readonly inferenceMs: readonly number[];
}

/** Images that are decoded while one is inferred: enough that no CPU waits. */
const DECODED_AHEAD = 2;

const LIMITS = { maxPixels: 50_000_000, timeoutS: 20 };

configureSharp();
const { modelFolder, images } = workerData as LimitThreadData;
const model = await loadModel(modelFolder);
const options = {
  device: 'cpu',
  intraOpThreads: 1,
  onFallback: () => undefined,
  onAbsent: () => undefined,
} as const;
const served = await ThreadModel.load(await loadEngine(model.engine, {}), model, options, () => undefined);
const { width, height } = served.input;
const input = { ...model.input, width, height };
const reader = new ImageReader(LIMITS);
let next = 0;

function decode(): Promise<Preparation> {
  return reader.prepare(readFile(images[next++ % images.length] as string), input);
}

async function infer(preparation: Preparation): Promise<void> {
  if (!preparation.ok) throw new Error(preparation.error.message);
  await served.run([{ ...preparation.image, parameters: {} }]);
}

async function loop(ms: number): Promise<LimitAnswer> {
  const until = performance.now() + ms;
  let finished = 0;
  const coming = Array.from({ length: DECODED_AHEAD }, decode);
  for (;;) {
    const preparation = await (coming.shift() as Promise<Preparation>);
    coming.push(decode());
    await infer(preparation);
    if (performance.now() >= until) break;
    finished++;
  }
  await Promise.all(coming);
  return { finished, decodeMs: [], inferenceMs: [] };
}

async function bare(count: number): Promise<LimitAnswer> {
  const decodeMs: number[] = [];
  const inferenceMs: number[] = [];
  for (let finished = 0; finished < count; finished++) {
    const start = performance.now();
    const preparation = await decode();
    const decoded = performance.now();
    await infer(preparation);
    decodeMs.push(decoded - start);
    inferenceMs.push(performance.now() - decoded);
  }
  return { finished: count, decodeMs, inferenceMs };
}

await bare(3); // the first runs allocate
parentPort?.postMessage('ready');
parentPort?.on('message', (order: LimitOrder) => {
  void (order.kind === 'loop' ? loop(order.ms) : bare(order.count)).then((answer) =>
    parentPort?.postMessage(answer),
  );
});
