/** What every method is given, and what it gives. */
import type { Graph } from '@scry/onnx/graph/graph';
import type { CurvePoint, Scores } from '@scry/shared/contracts/training';
import type { TrainingItem, TrainRequest } from './protocol.js';

/** An image with the number of its class. */
export type Sample = TrainingItem & { readonly target: number };

export interface Learning {
  readonly request: TrainRequest;
  /** Names in the order of the outputs. */
  readonly classes: readonly string[];
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  /** Takes no part; the result is measured on it. */
  readonly test: readonly Sample[];
  /** Aborted: end between two steps with what is best so far. */
  readonly stop: AbortSignal;
  readonly onSkipped: (sample: Sample, reason: string) => void;
  readonly onPrepared: () => void;
  /** A line for whoever asked for the training. */
  readonly log: (line: string) => void;
  /** @param file with the embeddings of all images, to be kept for the next training on the same base */
  readonly onEmbeddings: (file: string) => void;
  /** @param epochs at the most */
  readonly onTraining: (epochs: number) => void;
  readonly onStep: (progress: {
    epoch: number;
    step: number;
    steps: number;
    loss: number;
    accuracy: number | null;
  }) => void;
  /** @param checkpoint bytes to go on from; null: there is none */
  readonly onEpoch: (point: CurvePoint, checkpoint: Uint8Array | null) => void | Promise<void>;
}

/** Images that the result was asked about. */
export interface Answered {
  readonly samples: readonly Sample[];
  /** [images, classes] */
  readonly probabilities: Float32Array;
}

export interface Learned {
  readonly graph: Graph;
  /** Of the manifest what the method knows. */
  readonly manifest: { readonly input: object; readonly output: object };
  /** Images learned from. */
  readonly train: number;
  /** Images run through the network while training, in all. */
  readonly seen: number;
  /** On the images learned from. */
  readonly scores: Scores;
  readonly validation: Answered;
  readonly test: Answered;
}
