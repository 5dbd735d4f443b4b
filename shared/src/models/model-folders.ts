/** Reading manifests: one model folder, or a folder of them. See manifest-schema.ts for what a manifest may say. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { sentences } from '../contracts/expectation.js';
import { ENGINES, type EngineName, type Manifest, manifestSchema } from '../contracts/manifest.js';
import { labelLines } from './complete/label-lines.js';

export * from '../contracts/manifest.js';

/** A manifest that was checked, with its labels read and its folder known. */
export interface Model extends Omit<Manifest, 'labels'> {
  readonly labels: readonly string[];
  /** Absolute path of the model's folder. */
  readonly folder: string;
  /** Absolute path of the model file. */
  readonly file: string;
}

/** What runs a model, as far as it is known without a worker. @param used what a worker says that it runs on */
export function expectedEngine(model: Pick<Model, 'engine'>, used?: string): EngineName {
  return ENGINES.find((engine) => engine === used) ?? model.engine ?? 'onnx';
}

/** Why a model cannot be served: one sentence naming file and field. */
export interface ModelProblem {
  readonly name: string;
  readonly message: string;
}

export interface ModelCatalogue {
  readonly models: ReadonlyMap<string, Model>;
  readonly problems: readonly ModelProblem[];
  /** The model used when a request names none. */
  readonly defaultModel: string | null;
}

/** @throws Error for what is no file: reading a pipe or a device would not end, and hold up every other model */
async function readText(file: string): Promise<string> {
  const found = await stat(file);
  if (!found.isFile()) throw new Error('it is not a file');
  return readFile(file, 'utf8');
}

async function readLabels(manifest: Manifest, folder: string): Promise<readonly string[]> {
  if (typeof manifest.labels !== 'string') return manifest.labels;
  const file = path.join(folder, manifest.labels);
  const text = await readText(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`labels: ${file} cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  const labels = labelLines(text);
  if (labels.length === 0) throw new Error(`labels: ${file} holds no label; write one per line`);
  return labels;
}

/** What a folder's manifest.json says, unchecked. @throws Error with one sentence that names the file */
export async function readManifest(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const manifestFile = path.join(folder, 'manifest.json');
  const text = await readText(manifestFile).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${manifestFile} cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${manifestFile} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  throw new Error(`${manifestFile}: must be one JSON object`);
}

/**
 * Checks a manifest and reads the files that it names.
 * @param json as manifest.json has it
 * @throws Error with one sentence that names the file and the field that is wrong
 */
export async function modelFrom(folder: string, json: unknown): Promise<Model> {
  const manifestFile = path.join(folder, 'manifest.json');
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const faults = sentences(parsed.error, manifestSchema, json);
    const said = faults.map(({ field, message }) => `${field === '' ? 'manifest' : field}: ${message}`);
    throw new Error(`${manifestFile}: ${said.join('; ')}`);
  }
  const manifest = parsed.data;
  if (manifest.name !== path.basename(folder)) {
    throw new Error(
      `${manifestFile}: name: "${manifest.name}" must be the folder's name, "${path.basename(folder)}"`,
    );
  }
  try {
    const file = path.join(folder, manifest.file);
    const found = await stat(file).catch(() => {
      throw new Error(`file: ${file} does not exist`);
    });
    if (!found.isFile()) throw new Error(`file: ${file} is not a file`);
    return { ...manifest, labels: await readLabels(manifest, folder), folder, file };
  } catch (error) {
    throw new Error(`${manifestFile}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads and checks one model folder whose manifest says everything.
 * @throws Error with one sentence that names the file and the field that is wrong.
 */
export async function loadModel(folder: string): Promise<Model> {
  return modelFrom(folder, await readManifest(folder));
}

/**
 * Reads every model folder under `directory`. A wrong one becomes a problem and the others still serve; so does a directory
 * that cannot be read, with no models at all: a process that ended for it would only be started again and again.
 * @param only names to load; undefined loads all
 */
export async function loadModels(directory: string, only?: readonly string[]): Promise<ModelCatalogue> {
  const models = new Map<string, Model>();
  const problems: ModelProblem[] = [];
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code ?? cause.message})`;
    problems.push({
      name: 'MODELS_DIR',
      message: `MODELS_DIR: ${directory} ${why}. Put a folder for each model into it.`,
    });
    return [];
  });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
  for (const name of names.sort()) {
    if (only && !only.includes(name)) continue;
    try {
      models.set(name, await loadModel(path.resolve(directory, name)));
    } catch (error) {
      problems.push({ name, message: (error as Error).message });
    }
  }
  for (const name of only ?? []) {
    if (!names.includes(name))
      problems.push({ name, message: `WORKER_MODELS names "${name}", but ${directory} has no such folder` });
  }
  const preferred = [...models.values()].find((model) => model.default) ?? models.values().next().value;
  return { models, problems, defaultModel: preferred?.name ?? null };
}
