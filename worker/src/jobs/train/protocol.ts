/** What a worker and the process of a training tell each other. */
import type { Split } from '@scry/shared/contracts/dataset';
import type {
  CurvePoint,
  FullSettings,
  TrainingMetrics,
  TrainingProgress,
} from '@scry/shared/contracts/training';
import type { TrainingAnswer } from '@scry/shared/database/trainings';
import type { Config } from '@scry/shared/runtime/config';
import type { ImageLimits } from '../../imaging/failures.js';

/** One labelled image of a data set, as it was when the training began. */
export interface TrainingItem {
  readonly id: string;
  readonly sha256: string;
  readonly class: string;
  readonly split: Split | null;
}

export interface TrainRequest {
  readonly kind: 'start';
  /** Name of the model that is made. */
  readonly name: string;
  readonly description: string;
  readonly settings: FullSettings;
  readonly items: readonly TrainingItem[];
  readonly dataDir: string;
  /** Folder of the base model; null: there is none. */
  readonly base: string | null;
  /** Files with embeddings by the base that are known already; null: none are kept. */
  readonly embeddings: { readonly packs: readonly string[] } | null;
  /** A checkpoint to go on from. */
  readonly checkpoint: string | null;
  /** Where the process may write; it is removed afterwards. */
  readonly folder: string;
  readonly threads: number;
  readonly device: Config['DEVICE'];
  readonly memoryBytes: number;
  readonly limits: ImageLimits;
}

/** Ends the training between two steps; what is best so far becomes the result. */
export interface StopRequest {
  readonly kind: 'stop';
}

export type ToProcess = TrainRequest | StopRequest;

export type FromProcess =
  | {
      readonly kind: 'progress';
      readonly state: 'preparing' | 'training';
      readonly progress: TrainingProgress;
    }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'embeddings'; readonly file: string }
  | { readonly kind: 'epoch'; readonly point: CurvePoint; readonly checkpoint: string | null }
  | {
      readonly kind: 'done';
      readonly metrics: TrainingMetrics;
      readonly answers: readonly TrainingAnswer[];
      /** The folder with model.onnx, and the manifest that belongs to it. */
      readonly folder: string;
      readonly manifest: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'failed'; readonly error: string };

/** A training that cannot succeed, however often it is tried: one sentence for whoever asked for it. */
export class TrainingRefused extends Error {}
