/**
 * Runs training steps and measures. Owns the sessions, the weights, the optimiser's state and the number of steps taken.
 * Weights live in two sets of buffers: a step reads one and writes the other, then they change places.
 */
import { ConversionError } from '../../errors.js';
import { type NumericTensor, sizeOf } from '../../proto/tensor.js';
import { unpacked } from '../step/parameters.js';
import type { TrainingStep } from '../step/training-step.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { dropoutMask } from './random.js';
import { numbersOf, type Runtime, type RuntimeSession, type RuntimeTensor } from './runtime.js';

/** Images to learn from or to be measured by. */
export interface Batch {
  /** The images one after the other, each in the model's own order. */
  readonly images: Float32Array;
  /** A class per image, or, where the step's targets are soft, a number per class and image. */
  readonly targets: ArrayLike<number>;
  /** A factor per image on its loss; 1 unless given. */
  readonly weights?: ArrayLike<number>;
}

export interface BatchResult {
  readonly count: number;
  readonly loss: number;
  readonly correct: number;
  /** [count, classes] */
  readonly logits: Float32Array;
}

export interface Evaluation {
  readonly count: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Images by true class (rows) and predicted class; undefined for soft targets. */
  readonly confusion: readonly (readonly number[])[] | undefined;
}

/** Adds the results of batches up. */
export class Tally {
  readonly #classes: number;
  readonly #confusion: number[][];
  readonly #soft: boolean;
  #count = 0;
  #loss = 0;
  #correct = 0;

  constructor({ classes, softTargets }: Pick<TrainingStep, 'classes' | 'softTargets'>) {
    this.#classes = classes;
    this.#soft = softTargets;
    this.#confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  }

  add({ targets }: Batch, { count, loss, correct, logits }: BatchResult): void {
    this.#count += count;
    this.#loss += loss * count;
    this.#correct += correct;
    for (let index = 0; index < count && !this.#soft; index += 1) {
      const row = this.#confusion[targets[index] as number] as number[];
      const column = largest(logits, index * this.#classes, this.#classes);
      row[column] = (row[column] as number) + 1;
    }
  }

  /** Means over the images so far. */
  result(): Evaluation {
    const count = this.#count;
    return {
      count,
      loss: count > 0 ? this.#loss / count : 0,
      accuracy: count > 0 ? this.#correct / count : 0,
      confusion: this.#soft ? undefined : this.#confusion,
    };
  }
}

export interface Vectors {
  readonly weights: Float32Array;
  readonly statistics: Float32Array;
}

interface Slot {
  readonly name: string;
  data: Float32Array;
  spare: Float32Array;
}

const scalarOf = (tensor: RuntimeTensor | undefined) => numbersOf(tensor)[0] as number;

/** Index of the largest number of a row. */
export function largest(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let index = 1; index < count; index += 1)
    if ((values[start + index] as number) > (values[start + best] as number)) best = index;
  return best;
}

export class Trainer {
  readonly #step: TrainingStep;
  readonly #runtime: Runtime;
  readonly #seed: number;
  readonly #training: RuntimeSession;
  readonly #measuring: RuntimeSession;
  readonly #slots: readonly Slot[];
  #taken = 0;

  private constructor(
    step: TrainingStep,
    runtime: Runtime,
    sessions: readonly [RuntimeSession, RuntimeSession],
    seed: number,
  ) {
    this.#step = step;
    this.#runtime = runtime;
    [this.#training, this.#measuring] = sessions;
    this.#seed = seed;
    const slot = (name: string, start: Float32Array): Slot => ({
      name,
      data: start.slice(),
      spare: new Float32Array(start.length),
    });
    this.#slots = [
      slot('weights', step.initial.weights),
      ...step.states.map((name) => slot(name, new Float32Array(step.weights.size))),
      ...(step.statistics.length > 0 ? [slot('statistics', step.initial.statistics)] : []),
    ];
  }

  /** @param seed of the dropouts' masks */
  static async create(step: TrainingStep, runtime: Runtime, seed = 0): Promise<Trainer> {
    const training = await runtime.session(step.step);
    const measuring = await runtime.session(step.evaluation);
    return new Trainer(step, runtime, [training, measuring], seed);
  }

  /** Steps taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Learns from one batch. @param rate the learning rate of this step */
  async train(batch: Batch, rate: number): Promise<BatchResult> {
    const { feeds, count } = this.#feeds(batch);
    const { masks } = this.#step;
    for (const [index, { name, dims, rate: share }] of masks.entries()) {
      const mask = dropoutMask(count * sizeOf(dims), share, this.#seed, this.#taken, index);
      feeds[name] = this.#runtime.tensor('float32', mask, [count, ...dims]);
    }
    feeds.learning_rate = this.#scalar(rate);
    feeds.step = this.#scalar(this.#taken + 1);
    const fetches: Record<string, RuntimeTensor | null> = { loss: null, correct: null, logits: null };
    for (const { name, data, spare } of this.#slots) {
      feeds[name] = this.#runtime.tensor('float32', data, [data.length]);
      fetches[`new_${name}`] = this.#runtime.tensor('float32', spare, [spare.length]);
    }
    const result = await this.#training.run(feeds, fetches);
    for (const slot of this.#slots) {
      const written = numbersOf(result[`new_${slot.name}`]);
      slot.spare = slot.data;
      slot.data = written;
    }
    this.#taken += 1;
    return batchResult(result, count);
  }

  /** Loss, correct and logits of one batch as inference would have them. */
  async measure(batch: Batch): Promise<BatchResult> {
    const { feeds, count } = this.#feeds(batch);
    for (const { name, data } of this.#slots)
      if (name === 'weights' || name === 'statistics')
        feeds[name] = this.#runtime.tensor('float32', data, [data.length]);
    const result = await this.#measuring.run(feeds, { loss: null, correct: null, logits: null });
    return batchResult(result, count);
  }

  async evaluate(batches: AsyncIterable<Batch> | Iterable<Batch>): Promise<Evaluation> {
    const tally = this.tally();
    for await (const batch of batches) tally.add(batch, await this.measure(batch));
    return tally.result();
  }

  /** For results of batches of this network. */
  tally(): Tally {
    return new Tally(this.#step);
  }

  /** A copy of the weights and moving averages as they are now. */
  vectors(): Vectors {
    const find = (wanted: string) => this.#slots.find(({ name }) => name === wanted)?.data.slice();
    return {
      weights: find('weights') as Float32Array,
      statistics: find('statistics') ?? new Float32Array(0),
    };
  }

  /** Weights and moving averages by their names in the model, to be folded into it. */
  tensors(vectors: Vectors = this.vectors()): Map<string, NumericTensor> {
    return new Map([
      ...unpacked(vectors.weights, this.#step.weights.parameters),
      ...unpacked(vectors.statistics, this.#step.statistics),
    ]);
  }

  /** Everything that the next steps depend on. @param info stored beside it @param more vectors stored beside it */
  checkpoint(
    info: Readonly<Record<string, unknown>> = {},
    more: Readonly<Record<string, Float32Array>> = {},
  ): Uint8Array {
    const own = Object.fromEntries(this.#slots.map(({ name, data }) => [`slot:${name}`, data]));
    return encodeCheckpoint({
      info: { ...info, taken: this.#taken, seed: this.#seed },
      vectors: { ...own, ...more },
    });
  }

  /**
   * Goes on where a checkpoint was made: the next steps give the same weights as they would have there.
   * @returns what was stored beside it
   * @throws ConversionError when it is of another network, optimiser or seed
   */
  restore(bytes: Uint8Array): {
    info: Readonly<Record<string, unknown>>;
    vectors: Readonly<Record<string, Float32Array>>;
  } {
    const { info, vectors } = decodeCheckpoint(bytes);
    const fits = this.#slots.every(({ name, data }) => vectors[`slot:${name}`]?.length === data.length);
    if (!fits || info.seed !== this.#seed)
      throw new ConversionError('The checkpoint is of a training with another network, optimiser or seed.');
    for (const slot of this.#slots) slot.data = vectors[`slot:${slot.name}`] as Float32Array;
    this.#taken = info.taken as number;
    return { info, vectors };
  }

  async release(): Promise<void> {
    await this.#training.release();
    await this.#measuring.release();
  }

  #scalar(value: number): RuntimeTensor {
    return this.#runtime.tensor('float32', Float32Array.of(value), []);
  }

  #feeds({ images, targets, weights }: Batch): { feeds: Record<string, RuntimeTensor>; count: number } {
    const { image, classes, softTargets } = this.#step;
    const count = images.length / sizeOf(image.dims);
    const expected = softTargets ? count * classes : count;
    if (count === 0 || targets.length !== expected || (weights && weights.length !== count))
      throw new ConversionError(
        `A batch of ${images.length} image values and ${targets.length} targets does not fit images of ${image.dims.join(' × ')}.`,
      );
    const floats = (values: ArrayLike<number>, dims: readonly number[]) =>
      this.#runtime.tensor('float32', Float32Array.from(values), dims);
    const feeds: Record<string, RuntimeTensor> = {
      image: this.#runtime.tensor('float32', images, [count, ...image.dims]),
      sample_weights: floats(weights ?? new Float32Array(count).fill(1), [count]),
      targets: softTargets
        ? floats(targets, [count, classes])
        : this.#runtime.tensor('int64', BigInt64Array.from(Array.from(targets), BigInt), [count]),
    };
    return { feeds, count };
  }
}

function batchResult(result: Record<string, RuntimeTensor>, count: number): BatchResult {
  return {
    count,
    loss: scalarOf(result.loss),
    correct: scalarOf(result.correct),
    logits: numbersOf(result.logits),
  };
}
