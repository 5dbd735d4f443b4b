/** What a version is made of, as one hash: the same manifest and the same files are the same version. */
import { createHash } from 'node:crypto';
import type { VersionFile } from '../contracts/version.js';

/** The key under which a model's file is stored. */
export function modelBlob(sha256: string): string {
  return `models/${sha256}`;
}

/** JSON with the keys of objects in order, so that the same content gives the same text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

/** Fields that say what a model is called or how it is chosen, and nothing of how it answers. */
const NAMES = new Set(['$schema', 'name', 'version', 'default']);

/**
 * The id of a version.
 * @param manifest as given; its name and version do not count
 * @returns SHA-256 in hexadecimal digits
 */
export function contentId(
  manifest: Readonly<Record<string, unknown>>,
  files: readonly VersionFile[],
): string {
  const described = Object.fromEntries(Object.entries(manifest).filter(([field]) => !NAMES.has(field)));
  const contents = files
    .map(({ path, sha256 }) => [path, sha256])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(canonical([described, contents]))
    .digest('hex');
}
