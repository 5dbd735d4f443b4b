/** One model in one inference thread: its weights, its batch tensor (made once, reused), and how its outputs are read. */

import type { Outcome, Parameters } from '@scry/shared/contracts/prediction';
import type { Model } from '@scry/shared/models/model-folders';
import { collectGarbage } from '../imaging/collect-garbage.js';
import type { Geometry } from '../imaging/geometry.js';
import { ManifestProblem, oneLine } from '../models/manifest-problem.js';
import { chooseBatchSize } from './batch-size.js';
import type { BatchData, Engine, InputType, LoadedModel, LoadOptions, Outputs } from './engines/engine.js';
import { type ResolvedInput, resolveInput } from './engines/input-spec.js';
import { createPixelWriter, type PixelWriter, valuesPerImage } from './engines/pixels.js';
import { createInterpreter } from './tasks/index.js';
import type { Interpreter } from './tasks/task.js';

/** What a model is tried on is gray all over. */
const WARM_UP_LEVEL = 114;

/** One image to predict, prepared as `ImageReader` does. */
export interface InferenceItem {
  readonly pixels: Uint8Array | Float32Array;
  readonly geometry: Geometry;
  readonly parameters: Parameters;
}

export interface BatchResult {
  /** In the order of the items. */
  readonly outcomes: readonly Outcome[];
  /** Spent in the engine, milliseconds. */
  readonly inferenceMs: number;
}

/** Sizes of networks that halve their input five times, as most detectors do. */
const SIZE_STEP = 32;

/** Pixels that show nothing, the same in every run. Source of the generator: Numerical Recipes, 7.1. */
function noiseImage(size: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function emptyBatch(type: InputType, length: number): BatchData {
  if (type === 'float32') return new Float32Array(length);
  return type === 'int8' ? new Int8Array(length) : new Uint8Array(length);
}

export class ThreadModel {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly input: ResolvedInput;
  readonly #interpreter: Interpreter;
  readonly #write: PixelWriter;
  readonly #size: number;
  #batch: BatchData;
  #limit: number;

  private constructor(model: Model, loaded: LoadedModel) {
    this.model = model;
    this.loaded = loaded;
    this.input = resolveInput(model, loaded.input);
    const { width, height } = this.input;
    this.#interpreter = createInterpreter({ model, width, height, outputs: loaded.outputs });
    this.#write = createPixelWriter(this.input);
    this.#size = valuesPerImage(this.input);
    this.#limit = this.input.fixedBatch ?? model.batch.max;
    this.#batch = this.#allocate();
  }

  /**
   * Loads a model, runs it once and checks what comes out against the manifest.
   * @param note told of what is odd but no reason not to serve
   * @throws ManifestProblem, or Error with the engine's words
   */
  static async load(
    engine: Engine,
    model: Model,
    options: LoadOptions,
    note: (sentence: string) => void,
  ): Promise<ThreadModel> {
    const loaded = await engine.load(model, options);
    try {
      const served = new ThreadModel(model, loaded);
      await served.#warmUp(note);
      await collectGarbage();
      return served;
    } catch (error) {
      await loaded.dispose();
      throw error;
    }
  }

  /** Images that one run takes at the most: the model's own batch, the manifest's, or fewer where more do not pay. */
  get batchLimit(): number {
    return this.#limit;
  }

  /**
   * Predicts any number of images, in as many runs as the model's own batch asks for.
   * @throws Error with the engine's words when a run fails
   */
  async run(items: readonly InferenceItem[]): Promise<BatchResult> {
    const outcomes: Outcome[] = [];
    let inferenceMs = 0;
    for (let start = 0; start < items.length; start += this.#limit) {
      const chunk = items.slice(start, start + this.#limit);
      for (const [index, item] of chunk.entries()) this.#write(item.pixels, this.#batch, index);
      const batch = this.input.fixedBatch ?? chunk.length; // what is left of a fixed batch holds older images
      const begun = performance.now();
      const outputs = await this.#infer(batch);
      inferenceMs += performance.now() - begun;
      for (const [index, { geometry, parameters }] of chunk.entries())
        outcomes.push(this.#interpreter.interpret(outputs, { index, batch, geometry, parameters }));
    }
    return { outcomes, inferenceMs };
  }

  async dispose(): Promise<void> {
    await this.loaded.dispose();
  }

  #allocate(): BatchData {
    return emptyBatch(this.input.type, this.#limit * this.#size);
  }

  #infer(batch: number): Promise<Outputs> {
    const { width, height, layout, batched } = this.input;
    const channels = this.#size / (width * height);
    const image = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
    return this.loaded.run(
      this.#batch.subarray(0, batch * this.#size),
      batched ? [batch, ...image] : image,
      this.#interpreter.outputNames,
    );
  }

  /** Runs on gray and on noise, since many a wrong manifest gives harmless scores for an image that shows nothing. */
  async #warmUp(note: (sentence: string) => void): Promise<void> {
    const { fixedBatch } = this.input;
    const gray = new Uint8Array(this.#size).fill(WARM_UP_LEVEL);
    const noise = noiseImage(this.#size);
    // No more than is run: memory of a large batch is taken when it is first written.
    const images = fixedBatch ?? Math.min(2, this.#limit);
    for (let index = 0; index < images; index++) this.#write(index % 2 ? noise : gray, this.#batch, index);
    await this.#checkRun(fixedBatch ?? 1, 'a gray image');
    if (fixedBatch === null || fixedBatch === 1) {
      this.#write(noise, this.#batch, 0);
      await this.#checkRun(1, 'noise');
    }
    if (fixedBatch !== null || this.#limit === 1) return;
    await this.#tryTwo(note);
    if (this.loaded.device === 'cpu') await this.#fitCpu(note);
  }

  async #checkRun(batch: number, on: string): Promise<void> {
    let outputs: Outputs;
    try {
      outputs = await this.#infer(batch);
    } catch (error) {
      throw await this.#runProblem(on, oneLine(error));
    }
    this.#interpreter.check(outputs, batch);
  }

  /** Why a first run failed: networks that halve their input and join the halves want sizes that can be halved. */
  async #runProblem(on: string, reason: string): Promise<ManifestProblem> {
    const { width, height } = this.input;
    const fixed = this.loaded.input.dims.slice(-3).filter((size) => size !== null).length;
    const rounded = [height, width].map((size) =>
      Math.max(SIZE_STEP, Math.round(size / SIZE_STEP) * SIZE_STEP),
    );
    const isOdd = height % SIZE_STEP !== 0 || width % SIZE_STEP !== 0;
    if (isOdd && fixed < 3 && (await this.#runsAt(rounded as [number, number]))) {
      const [h, w] = rounded;
      const text = `the size must be a multiple of ${SIZE_STEP}: ${w} × ${h} works, ${width} × ${height} does not`;
      return new ManifestProblem(this.model, 'input.width', text);
    }
    return new ManifestProblem(this.model, 'file', `a run on ${on} fails (${reason})`);
  }

  async #runsAt([height, width]: readonly [number, number]): Promise<boolean> {
    const { layout, batched, type } = this.input;
    const channels = this.#size / (this.input.width * this.input.height);
    const image = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
    const dims = batched ? [this.input.fixedBatch ?? 1, ...image] : image;
    const pixels = emptyBatch(
      type,
      dims.reduce((product, size) => product * size, 1),
    );
    return this.loaded.run(pixels, dims, this.#interpreter.outputNames).then(
      () => true,
      () => false,
    );
  }

  /** Some exports leave the batch free in the input and fix it further inside. */
  async #tryTwo(note: (sentence: string) => void): Promise<void> {
    try {
      this.#interpreter.check(await this.#infer(2), 2);
    } catch (error) {
      this.#restrict(1);
      note(`${this.model.name} takes one image at a time: a batch of two fails (${oneLine(error)})`);
    }
  }

  async #fitCpu(note: (sentence: string) => void): Promise<void> {
    const allowed = this.#limit;
    const time = async (size: number) => {
      const start = performance.now();
      await this.#infer(size);
      return performance.now() - start;
    };
    this.#restrict(await chooseBatchSize(time, allowed));
    await this.loaded.releaseMemory?.(); // of the largest batch that was tried
    await this.#infer(1);
    if (this.#limit < allowed)
      note(
        `${this.model.name} takes ${this.#limit} images in a run instead of ${allowed}: more do not pay on this CPU`,
      );
  }

  #restrict(limit: number): void {
    this.#limit = limit;
    this.#batch = this.#batch.slice(0, limit * this.#size);
  }
}
