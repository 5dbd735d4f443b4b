import { createClassification } from './classification.js';
import { createDetection } from './detection.js';
import type { Interpreter, TaskModel } from './task.js';

/** The interpreter for a model's task. @throws ManifestProblem when the manifest names no output of the file */
export function createInterpreter(task: TaskModel): Interpreter {
  return task.model.task === 'classification' ? createClassification(task) : createDetection(task);
}
