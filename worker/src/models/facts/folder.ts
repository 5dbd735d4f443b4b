/** What lies in a model's folder: the model file, and files with the names of its classes. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { IncompleteManifest } from '@scry/shared/models/complete/draft';
import { labelLines, numberedNames } from '@scry/shared/models/complete/label-lines';
import { otherFormat } from '../model-file.js';

export interface FoundLabels {
  readonly source: string;
  readonly names: readonly string[];
}

export interface FolderContent {
  readonly labels: FoundLabels | null;
  readonly teachableMachine: boolean;
}

const MODEL_FILE = /\.(onnx|keras|h5|hdf5|cfg)$/i;
/** What people put into a folder that no engine reads. */
const FOREIGN_FILE = /\.(pt|pth|ckpt|safetensors|tflite|pb|mlmodel|mlpackage|zip|weights)$/i;
const MOST_JSON_BYTES = 256 * 1024 * 1024;
const MOST_LABEL_BYTES = 4 * 1024 * 1024;
/** In the order of trust. */
const LABEL_FILES = [/^labels\.txt$/i, /^classes\.txt$/i, /^class[_-]?names\.txt$/i, /\.names$/i];

/** Names of the files in a folder, in order. What is no file, such as a pipe, would never be read to its end. */
async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const found = await Promise.all(names.map((name) => stat(path.join(folder, name)).catch(() => null)));
  return names.filter((_, index) => found[index]?.isFile());
}

async function isTfjs(file: string): Promise<boolean> {
  if ((await stat(file)).size > MOST_JSON_BYTES) return false;
  return /"(modelTopology|weightsManifest)"/.test(await readFile(file, 'utf8'));
}

async function candidates(folder: string, names: readonly string[]): Promise<string[]> {
  const found = names.filter((name) => MODEL_FILE.test(name));
  for (const name of names)
    if (/\.json$/i.test(name) && name !== 'manifest.json' && (await isTfjs(path.join(folder, name))))
      found.push(name);
  return found;
}

/**
 * The only model file in a folder.
 * @throws IncompleteManifest when there is none, or more than one
 */
export async function findModelFile(folder: string): Promise<string> {
  const names = await filesIn(folder);
  const found = await candidates(folder, names);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1)
    throw new IncompleteManifest('file', `must be given: ${found.join(', ')} may each be the model`);
  for (const name of names.filter((one) => FOREIGN_FILE.test(one))) {
    const other = await otherFormat(path.join(folder, name), 'onnx');
    if (other) throw new IncompleteManifest('file', `${name} is ${other}`);
  }
  throw new IncompleteManifest(
    'file',
    'there is no model in the folder; put an .onnx, .keras, .h5 or .hdf5 file, a model.json of TensorFlow.js with its .bin files, or a .cfg with its .weights into it',
  );
}

async function readSmall(file: string): Promise<string | null> {
  return (await stat(file)).size > MOST_LABEL_BYTES ? null : readFile(file, 'utf8');
}

interface Metadata {
  readonly labels: readonly string[];
}

/** `metadata.json` of Teachable Machine. */
async function teachableMetadata(folder: string, names: readonly string[]): Promise<Metadata | null> {
  if (!names.includes('metadata.json')) return null;
  const text = await readSmall(path.join(folder, 'metadata.json'));
  try {
    const { labels } = JSON.parse(text ?? '{}') as { labels?: unknown };
    const isList =
      Array.isArray(labels) && labels.every((label) => typeof label === 'string' && label !== '');
    return isList && labels.length > 0 ? { labels: labels as string[] } : null;
  } catch {
    return null; // another program's file
  }
}

/** Teachable Machine numbers the lines beside a Keras file, which it calls keras_model.h5. */
function isKerasExport(names: readonly string[], text: string | null): boolean {
  if (names.includes('keras_model.h5')) return true;
  return names.some((name) => /\.h5$/i.test(name)) && text !== null && numberedNames(text) !== null;
}

/** Reads the files beside a model that name its classes. @throws what the file system says */
export async function readFolder(folder: string): Promise<FolderContent> {
  const names = await filesIn(folder);
  const metadata = await teachableMetadata(folder, names);
  if (metadata)
    return { labels: { source: 'metadata.json', names: metadata.labels }, teachableMachine: true };
  for (const pattern of LABEL_FILES)
    for (const source of names.filter((name) => pattern.test(name))) {
      const text = (await readSmall(path.join(folder, source))) ?? '';
      const lines = labelLines(text);
      const teachableMachine = isKerasExport(names, text);
      if (lines.length > 0) return { labels: { source, names: lines }, teachableMachine };
    }
  return { labels: null, teachableMachine: isKerasExport(names, null) };
}
