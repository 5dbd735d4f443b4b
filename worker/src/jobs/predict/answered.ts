/** What a worker found out about one image, before it is a row. */
import type { Outcome, PredictionError } from '@scry/shared/contracts/prediction';

/** A result and what it cost, before it is a row. Times are milliseconds. */
export interface Answered {
  readonly outcome: Outcome;
  readonly decodeMs: number;
  readonly batchMs: number;
  readonly inferenceMs: number;
  readonly batchSize: number;
}

/** A prediction that failed before, or without, an answer from the engine. */
export function withoutInference(error: PredictionError, decodeMs = 0): Answered {
  return { outcome: { status: 'failed', error }, decodeMs, batchMs: 0, inferenceMs: 0, batchSize: 0 };
}
