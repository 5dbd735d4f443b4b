/** Outputs that cannot be an answer, as they show themselves while they are read. */
import path from 'node:path';
import { CODES } from '@scry/shared/contracts/codes';
import type { Outcome } from '@scry/shared/contracts/prediction';
import type { Model } from '@scry/shared/models/model-folders';
import { ManifestProblem } from '../../models/manifest-problem.js';

/** Probabilities may miss 0 and 1 by rounding, no more. */
const TOLERANCE = 1e-3;

/** Thrown while outputs are read; its message is for the person who asked. */
export class RefusedOutput extends Error {}

export class NotNumbers extends RefusedOutput {
  constructor(output: string) {
    super(
      `The model's output "${output}" holds values that are not numbers (NaN or infinite); check its weights and the manifest's scale, mean and std.`,
    );
  }
}

export class NotConfidence extends RefusedOutput {
  constructor(output: string, value: number) {
    super(
      `The model's output "${output}" gave ${value} as a confidence, which lies outside 0 to 1; the manifest must say what makes its scores probabilities (logits or activation).`,
    );
  }
}

export class UnknownClass extends RefusedOutput {
  constructor(label: number, labels: number) {
    super(
      `The model found class ${label}, but its manifest has ${labels} labels (0 to ${labels - 1}); add the labels that are missing, or set the offset of its classes.`,
    );
  }
}

/** The failed outcome for outputs that cannot be turned into an answer. @throws whatever else was thrown */
export function refused(error: unknown): Outcome {
  if (!(error instanceof RefusedOutput)) throw error;
  return { status: 'failed', error: { code: CODES.resultNotJson, message: error.message } };
}

export const isConfidence = (value: number): boolean => value >= -TOLERANCE && value <= 1 + TOLERANCE;

/**
 * Looks for scores of a warm-up run that are none.
 * @param field of the manifest that is wrong then
 * @throws ManifestProblem naming the first
 */
export function checkConfidences(
  model: Model,
  field: string,
  output: string,
  values: Iterable<number>,
  advice: string,
): void {
  for (const value of values) {
    if (isConfidence(value) || !Number.isFinite(value)) continue;
    const text = `output "${output}" of ${path.basename(model.file)} gave ${value} as a confidence, which lies outside 0 to 1: ${advice}`;
    throw new ManifestProblem(model, field, text);
  }
}

/** @throws ManifestProblem when a warm-up run named a class that has no label */
export function checkLabel(model: Model, output: string, label: number): void {
  const { length } = model.labels;
  if (!(label >= length)) return;
  const text = `${length} labels, but output "${output}" of ${path.basename(model.file)} names class ${label} (counted from 0)`;
  throw new ManifestProblem(model, 'labels', text);
}
