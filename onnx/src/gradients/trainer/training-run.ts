/** A whole training: epochs, learning rates, early stopping with the best weights, checkpoints to go on from. */
import { learningRate, type Schedule } from './schedule.js';
import type { Batch, Evaluation, Trainer, Vectors } from './trainer.js';

export type Batches = AsyncIterable<Batch> | Iterable<Batch>;

export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** Means over the epoch's images, each measured in its step (before it, with dropout). */
  readonly loss: number;
  readonly accuracy: number;
  readonly confusion: Evaluation['confusion'];
  readonly validation: Evaluation | undefined;
  /** Whether these are the best weights so far. */
  readonly best: boolean;
}

export interface RunOptions {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly schedule: Schedule;
  /** The batches of an epoch, from 1. The same epoch must give the same batches for results to be repeatable. */
  readonly batches: (epoch: number) => Batches;
  readonly validation?: () => Batches;
  /** Stop after this many epochs without a better one. */
  readonly patience?: number;
  /** What is better: higher accuracy (then lower loss), or lower loss. `accuracy` unless given. */
  readonly metric?: 'accuracy' | 'loss';
  /** A checkpoint made by `onEpoch`, to go on from. */
  readonly resume?: Uint8Array;
  readonly signal?: AbortSignal;
  /** @param progress.accuracy of the epoch so far */
  readonly onStep?: (progress: {
    epoch: number;
    step: number;
    loss: number;
    accuracy: number;
    rate: number;
  }) => void;
  /** @param checkpoint makes the bytes to resume after this epoch */
  readonly onEpoch?: (result: EpochResult, checkpoint: () => Uint8Array) => void | Promise<void>;
}

export interface RunResult {
  /** Those of the best epoch by validation, or of the last where nothing is validated. */
  readonly best: Vectors;
  readonly bestEpoch: number;
  readonly history: readonly EpochResult[];
  readonly ended: 'completed' | 'stopped early' | 'aborted';
}

/** How far a training is. */
interface Progress {
  history: EpochResult[];
  best: Vectors;
  bestEpoch: number;
}

function isBetter(result: Evaluation, before: Evaluation | undefined, metric: 'accuracy' | 'loss'): boolean {
  if (!before) return true;
  if (metric === 'accuracy' && result.accuracy !== before.accuracy) return result.accuracy > before.accuracy;
  return result.loss < before.loss;
}

function startOf(trainer: Trainer, resume: Uint8Array | undefined): Progress {
  if (!resume) return { history: [], best: trainer.vectors(), bestEpoch: 0 };
  const { info, vectors } = trainer.restore(resume);
  return {
    history: info.history as EpochResult[],
    bestEpoch: info.bestEpoch as number,
    best: {
      weights: vectors['best:weights'] as Float32Array,
      statistics: vectors['best:statistics'] as Float32Array,
    },
  };
}

function save(trainer: Trainer, { history, best, bestEpoch }: Progress): Uint8Array {
  return trainer.checkpoint(
    { history, bestEpoch },
    { 'best:weights': best.weights, 'best:statistics': best.statistics },
  );
}

/** @returns undefined when it was aborted */
async function trainEpoch(trainer: Trainer, epoch: number, options: RunOptions) {
  const { schedule, stepsPerEpoch, epochs, signal } = options;
  const tally = trainer.tally();
  let step = 0;
  for await (const batch of options.batches(epoch)) {
    if (signal?.aborted) return undefined;
    const rate = learningRate(schedule, (epoch - 1) * stepsPerEpoch + step, epochs * stepsPerEpoch);
    const result = await trainer.train(batch, rate);
    tally.add(batch, result);
    step += 1;
    options.onStep?.({ epoch, step, loss: result.loss, accuracy: tally.result().accuracy, rate });
  }
  return tally.result();
}

async function finishEpoch(
  trainer: Trainer,
  progress: Progress,
  epoch: number,
  { loss, accuracy, confusion }: Evaluation,
  options: RunOptions,
): Promise<void> {
  const { validation: measured, metric = 'accuracy' } = options;
  const validation = measured ? await trainer.evaluate(measured()) : undefined;
  const before = progress.history[progress.bestEpoch - 1]?.validation;
  const best = !validation || isBetter(validation, before, metric);
  progress.history.push({ epoch, loss, accuracy, confusion, validation, best });
  if (!best) return;
  progress.best = trainer.vectors();
  progress.bestEpoch = epoch;
}

/**
 * Trains until the epochs are over, nothing gets better for `patience` epochs, or it is aborted (between two steps).
 * The trainer keeps the last weights; `best` holds the best.
 */
export async function runTraining(trainer: Trainer, options: RunOptions): Promise<RunResult> {
  const progress = startOf(trainer, options.resume);
  let ended: RunResult['ended'] = 'completed';
  for (let epoch = progress.history.length + 1; epoch <= options.epochs; epoch += 1) {
    if (options.patience !== undefined && epoch - 1 - progress.bestEpoch >= Math.max(1, options.patience)) {
      ended = 'stopped early';
      break;
    }
    const trained = await trainEpoch(trainer, epoch, options);
    if (!trained) {
      ended = 'aborted';
      break;
    }
    await finishEpoch(trainer, progress, epoch, trained, options);
    const result = progress.history.at(-1) as EpochResult;
    await options.onEpoch?.(result, () => save(trainer, progress));
  }
  return { best: progress.best, bestEpoch: progress.bestEpoch, history: progress.history, ended };
}
