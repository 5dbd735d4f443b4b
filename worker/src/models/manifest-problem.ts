import path from 'node:path';
import type { Model } from '@scry/shared/models/model-folders';

/** A manifest that does not fit its model file, in one sentence that names both and the field. */
export class ManifestProblem extends Error {
  /** @param field path in the manifest, such as "input.width" */
  constructor(model: Model, field: string, text: string) {
    super(`${path.join(model.folder, 'manifest.json')}: ${field}: ${text}`);
  }
}

/** "[batch, 3, 224, 224]": a shape for people; free dimensions as "?". */
export function shapeText(dims: readonly (number | null)[]): string {
  return `[${dims.map((size) => size ?? '?').join(', ')}]`;
}

/** The message of anything thrown, on one line. */
export function oneLine(error: unknown): string {
  const message = String((error as Partial<Error> | null)?.message ?? error);
  return message.replace(/\s+/g, ' ').trim();
}
