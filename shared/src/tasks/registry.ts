/**
 * The tasks there are. A new one is a folder here (its formats and its spec), an entry below, an interpreter in the
 * worker (worker/src/inference/tasks) and a view on the page (api/web/src/result/views.tsx): nobody else asks which task it is.
 */
import { z } from 'zod';
import { classificationFormats } from './classification/formats.js';
import { classification } from './classification/spec.js';
import { detectionFormats } from './detection/formats.js';
import { detection } from './detection/spec.js';
import { requestFields } from './fields.js';
import { segmentationFormats } from './segmentation/formats.js';
import { segmentation } from './segmentation/spec.js';
import type { Defaults, TaskSpec } from './task-spec.js';

const SPECS = { classification, detection, segmentation };

export type Task = keyof typeof SPECS;
export const TASKS = Object.keys(SPECS) as [Task, ...Task[]];

/** What a manifest may say of a model's outputs. */
export const outputManifestSchema = z.discriminatedUnion('format', [
  ...classificationFormats,
  ...detectionFormats,
  ...segmentationFormats,
]);
export type OutputManifest = z.infer<typeof outputManifestSchema>;

/**
 * What a client may ask of one prediction. Whatever is left out comes from the model's manifest.
 * Kept as given in the row, so that the same request can be recognised.
 */
export const parametersSchema = z.strictObject(requestFields).meta({ id: 'Parameters' });
export type Parameters = z.infer<typeof parametersSchema>;

/** Everything about a task but how its outputs are read. @throws Error when there is no such task */
export function taskSpec(name: string): TaskSpec {
  const spec = SPECS[name as Task];
  if (!spec) throw new Error(`there is no task "${name}"`);
  return spec;
}

/** What a model uses where a request says nothing. */
export function defaultParameters(task: Task, settings: OutputManifest): Defaults {
  return taskSpec(task).defaults(settings as never); // the manifest's schema has checked that they fit
}

/** Confidence below which a model's first answer says little; null for tasks without such a thing. */
export function unsureBelow(task: Task, settings: OutputManifest, classes: number): number | null {
  return taskSpec(task).unsureBelow?.(settings as never, classes) ?? null;
}
