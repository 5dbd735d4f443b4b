import type { Task } from '@scry/shared/tasks/registry';
import { createClassification } from './classification.js';
import { createDetection } from './detection.js';
import { createSegmentation } from './segmentation.js';
import type { Interpreter, TaskModel } from './task.js';

const INTERPRETERS: Readonly<Record<Task, (task: TaskModel) => Interpreter>> = {
  classification: createClassification,
  detection: createDetection,
  segmentation: createSegmentation,
};

/** The interpreter for a model's task. @throws ManifestProblem when the manifest names no output of the file */
export function createInterpreter(task: TaskModel): Interpreter {
  return INTERPRETERS[task.model.task](task);
}
