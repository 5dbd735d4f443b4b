/** Models described in a test, without files. */
import { type Model, manifestSchema } from '@scry/shared/models/model-folders';
import type { Outputs, Tensor, TensorData } from '@scry/worker/inference/engines/engine';
import type { TaskModel } from '@scry/worker/inference/tasks/task';

/** A model from the parts of a manifest that matter to a test; the rest are its defaults. */
export function makeModel(parts: Record<string, unknown>): Model {
  const manifest = manifestSchema.parse({
    name: 'example',
    task: 'classification',
    engine: 'onnx',
    file: 'model.onnx',
    labels: ['a', 'b', 'c'],
    output: { format: 'probabilities' },
    ...parts,
  });
  return {
    ...manifest,
    labels: manifest.labels as string[],
    folder: '/models/example',
    file: '/models/example/model.onnx',
  };
}

/** The same, as tasks see it. */
export function makeTask(
  parts: Record<string, unknown>,
  outputs: readonly string[],
  size: { width: number; height: number } = { width: 100, height: 100 },
): TaskModel {
  return { model: makeModel(parts), ...size, outputs };
}

export function tensor(dims: readonly number[], data: TensorData | readonly number[]): Tensor {
  return { dims, data: Array.isArray(data) ? Float32Array.from(data) : (data as TensorData) };
}

export function outputsOf(named: Record<string, Tensor>): Outputs {
  return new Map(Object.entries(named));
}

/** The image fills the model input exactly. */
export const FILLS = { x: 0, y: 0, width: 100, height: 100 };
