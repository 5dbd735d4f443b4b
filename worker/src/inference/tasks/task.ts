/** What a task does: it reads answers out of a model's outputs. Pure; knows manifests and numbers only. */
import path from 'node:path';
import type { Outcome, Parameters } from '@scry/shared/contracts/prediction';
import type { Model } from '@scry/shared/models/model-folders';
import type { Geometry } from '../../imaging/geometry.js';
import { ManifestProblem } from '../../models/manifest-problem.js';
import type { Outputs, Tensor } from '../engines/engine.js';

/** A model as far as its answers are concerned. */
export interface TaskModel {
  readonly model: Model;
  /** Size of the model input, pixels. */
  readonly width: number;
  readonly height: number;
  /** Names of the outputs in the model file. */
  readonly outputs: readonly string[];
}

/** One image of a batch. */
export interface Asked {
  /** Place in the batch, from 0. */
  readonly index: number;
  /** Images in the batch. */
  readonly batch: number;
  readonly geometry: Geometry;
  readonly parameters: Parameters;
}

/** Reads the outputs of one model. Made once per model. */
export interface Interpreter {
  /** Outputs that must be computed. */
  readonly outputNames: readonly string[];
  /**
   * Looks at the outputs of a warm-up run of `batch` images.
   * @throws ManifestProblem when they do not fit the manifest
   */
  check(outputs: Outputs, batch: number): void;
  /** Never throws for what the numbers hold: NaN and the like are a failed outcome. */
  interpret(outputs: Outputs, asked: Asked): Outcome;
}

/** Confidences carry five decimals: more would say nothing, and JSON stays short. */
export function roundConfidence(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1e5) / 1e5;
}

/**
 * The name in the model file of the output that the manifest names.
 * @param field where the manifest names it; undefined takes the only output
 * @throws ManifestProblem when there is none, or no only one
 */
export function outputName(task: TaskModel, name: string | undefined, field: string): string {
  const { model, outputs } = task;
  const file = path.basename(model.file);
  if (name === undefined) {
    if (outputs.length === 1) return outputs[0] as string;
    throw new ManifestProblem(model, field, `${file} has several outputs (${outputs.join(', ')}); name one`);
  }
  // TensorFlow's exporters add ":0" to some names.
  const found = outputs.find((output) => output === name || output === `${name}:0`);
  if (found) return found;
  throw new ManifestProblem(model, field, `${file} has no output "${name}" but ${outputs.join(', ')}`);
}

/** @throws Error when an engine did not give what it was asked for */
export function output(outputs: Outputs, name: string): Tensor {
  const tensor = outputs.get(name);
  if (!tensor) throw new Error(`the engine gave no output "${name}"`);
  return tensor;
}
