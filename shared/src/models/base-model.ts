/** Models that a training builds on: versions of models, and folders of MODELS_DIR that are no versions yet. */
import path from 'node:path';
import { CANARY, parseReference, STABLE } from '../contracts/version.js';
import type { ModelVersionStore, Version } from '../database/model-versions.js';
import { loadModel } from './model-folders.js';

/** Where the files of a base model are. */
export type BaseModel =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'folder'; readonly folder: string };

/** The model, or a sentence that says why it cannot be built on. */
export type FoundBase = { readonly base: BaseModel } | { readonly problem: string };

async function findVersion(store: ModelVersionStore, name: string, at: string | null) {
  const labels = await store.labels(name);
  const reference = at ?? STABLE;
  const label =
    labels.find((one) => one.label === reference) ??
    (at === null ? labels.find((one) => one.label === CANARY) : undefined);
  const version = await store.get(name, label?.version ?? reference);
  return version?.state === 'ready' ? version : null;
}

/** Files of other kinds are converted where they are trained on, as where they are served. */
function problemOf(reference: string, { task, engine }: { task?: unknown; engine?: unknown }): string | null {
  if (task !== 'classification')
    return `"${reference}" does not classify images (its task is ${String(task)}); take a classifier.`;
  if (engine === 'tfjs')
    return `"${reference}" runs on TensorFlow.js (its manifest says so), and trainings need an ONNX file; convert it with "npm run convert" and add it as a model.`;
  return null;
}

/** @param reference `name`, `name@version` or `name@label` */
export async function findBase(
  reference: string,
  versions: ModelVersionStore,
  modelsDir: string,
): Promise<FoundBase> {
  const parsed = parseReference(reference);
  const missing = { problem: `there is no model "${reference}" that is ready; GET /v1/models lists them.` };
  if (!parsed) return missing;
  const version = await findVersion(versions, parsed.name, parsed.at);
  if (version) {
    const problem = problemOf(reference, version.manifest);
    return problem === null ? { base: { kind: 'version', version } } : { problem };
  }
  if (parsed.at !== null) return missing;
  const folder = path.join(modelsDir, parsed.name);
  const model = await loadModel(folder).catch(() => null); // why it is not served is told where models are listed
  if (!model) return missing;
  const problem = problemOf(reference, model);
  return problem === null ? { base: { kind: 'folder', folder } } : { problem };
}
