/** How a model's file is run, by its name and the manifest's `engine`. */
import path from 'node:path';
import type { EngineName, Model } from '@scry/shared/models/model-folders';
import { ManifestProblem } from '../manifest-problem.js';

export interface LoadableModel extends Model {
  /** Absolute path of what the engine loads, where that is not `file` itself: the ONNX file it was converted to. */
  readonly network?: string;
}

/** A model whose engine is decided. */
export interface RunnableModel extends LoadableModel {
  readonly engine: EngineName;
}

export type Plan =
  | { readonly engine: EngineName }
  /** Convert to ONNX first; `otherwise` runs the file as it is when that cannot be. */
  | { readonly convert: true; readonly otherwise: EngineName | null };

const CONVERTED = new Set(['.keras', '.h5', '.hdf5', '.cfg']);

/**
 * Decides how a model is run.
 * @throws ManifestProblem when the manifest asks for an engine that cannot run the file
 */
export function planModel(model: Model): Plan {
  const extension = path.extname(model.file).toLowerCase();
  const file = path.basename(model.file);
  const { engine } = model;
  if (extension === '.json') {
    if (engine === 'tfjs') return { engine };
    return { convert: true, otherwise: engine === undefined ? 'tfjs' : null };
  }
  if (CONVERTED.has(extension)) {
    if (engine !== 'tfjs') return { convert: true, otherwise: null };
    throw new ManifestProblem(
      model,
      'engine',
      `TensorFlow.js cannot run ${file}; leave "engine" out, and it is converted to ONNX`,
    );
  }
  if (extension === '.onnx' && engine === 'tfjs')
    throw new ManifestProblem(model, 'engine', `TensorFlow.js cannot run ${file}; leave "engine" out`);
  if (engine === undefined && extension !== '.onnx')
    throw new ManifestProblem(
      model,
      'file',
      `${file} is not a model file that is known by its name; it should end in .onnx, .json (TensorFlow.js), .keras, .h5, .hdf5 or .cfg (darknet)`,
    );
  return { engine: engine ?? 'onnx' };
}
