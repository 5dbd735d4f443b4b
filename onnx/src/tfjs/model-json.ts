/** model.json of TensorFlow.js: what network it holds and in which files its weights lie. Source: tfjs-core `io`. */
import { DamagedFileError, quote } from '../errors.js';
import type { ModelFiles } from '../readers/reader.js';

/** Beyond any published network; JSON of this size takes several times as much memory. */
const MOST_JSON_BYTES = 128 * 2 ** 20;
const MOST_SHARDS = 4096;

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A group of weights, packed one behind the other in the files at `paths`. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly Json[];
}

export interface ModelJson {
  readonly json: Json;
  readonly topology: Json;
  readonly groups: readonly WeightGroup[];
}

/** @throws DamagedFileError for a path that leads out of the model's folder */
function checkedPath(path: unknown): string {
  const plain = typeof path === 'string' ? path : '';
  const parts = plain.split(/[\\/]/);
  const inside = plain !== '' && !plain.includes('\0') && !/^[a-z]+:/i.test(plain);
  if (!inside || parts[0] === '' || parts.includes('..'))
    throw new DamagedFileError(
      `model.json names the weights file ${quote(path)}, which is not inside its folder.`,
    );
  return plain;
}

function groupOf(group: unknown): WeightGroup {
  if (!isObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights))
    throw new DamagedFileError(
      'The weightsManifest of model.json must list groups of "paths" and "weights".',
    );
  const weights = group.weights.filter(isObject);
  if (weights.length !== group.weights.length)
    throw new DamagedFileError('The weightsManifest of model.json lists a weight that is not an object.');
  return { paths: group.paths.map(checkedPath), weights };
}

/**
 * Reads model.json. Its format is checked, its network is not.
 * @throws DamagedFileError when it is not a model of TensorFlow.js
 */
export function readModelJson(bytes: Uint8Array): ModelJson {
  if (bytes.length > MOST_JSON_BYTES) throw new DamagedFileError('model.json is too large to be a model.');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new DamagedFileError('model.json is not valid JSON: it is damaged or was cut off.');
  }
  if (!isObject(json) || !isObject(json.modelTopology))
    throw new DamagedFileError('model.json is not a TensorFlow.js model: it has no modelTopology.');
  if (!Array.isArray(json.weightsManifest))
    throw new DamagedFileError('model.json has no weightsManifest, so its weights cannot be found.');
  const groups = json.weightsManifest.map(groupOf);
  if (groups.reduce((sum, { paths }) => sum + paths.length, 0) > MOST_SHARDS)
    throw new DamagedFileError(`model.json names more than ${MOST_SHARDS} weights files.`);
  return { json, topology: json.modelTopology, groups };
}

/**
 * The files that a model.json needs beside it.
 * @returns paths relative to its folder, each once
 * @throws DamagedFileError when it is not a model of TensorFlow.js, or a path leads out of the folder
 */
export function weightFiles(modelJson: Uint8Array): string[] {
  return [...new Set(readModelJson(modelJson).groups.flatMap(({ paths }) => paths))];
}

/** model.json among a model's files, whatever it is called. */
export function findModelJson(files: ModelFiles): Uint8Array | undefined {
  return files.get('model.json') ?? [...files].find(([name]) => name.toLowerCase().endsWith('.json'))?.[1];
}
