/** A folder under MODELS_DIR as it lies on the disk: its files, what its manifest says, and the version that they make. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isVersionName, type VersionFile } from '@scry/shared/contracts/version';
import { contentId } from '@scry/shared/models/version-content';

export const MANIFEST = 'manifest.json';
const MOST_FILES = 1000;
const DEEPEST = 4;

export interface FolderFile {
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: number;
}

/** Files of a folder by their paths in it, in order; hidden ones are nobody's. @throws what the file system says */
export async function filesIn(folder: string, prefix = '', depth = 0): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  const entries = await readdir(path.join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path.posix.join(prefix, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory() && depth < DEEPEST) files.push(...(await filesIn(folder, inner, depth + 1)));
    else if (!entry.isDirectory()) {
      const found = await stat(path.join(folder, inner));
      if (found.isFile()) files.push({ path: inner, bytes: found.size, changedAt: found.mtimeMs }); // a pipe would never end
    }
    if (files.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} files`);
  }
  return files;
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The id that a folder's version has or will have; null when its manifest cannot be read. */
export async function idOf(folder: string, files: readonly FolderFile[]): Promise<string | null> {
  const manifest = await manifestOf(folder);
  if (!manifest.ok) return null;
  const hashed: VersionFile[] = [];
  for (const { path: file, bytes } of files)
    if (file !== MANIFEST)
      hashed.push({ path: file, sha256: await hashFile(path.join(folder, file)), bytes });
  return contentId(manifest.value, hashed);
}

export type ReadManifest =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string };

/** What a folder says of itself; nothing where there is no manifest. */
export async function manifestOf(folder: string): Promise<ReadManifest> {
  const text = await readFile(path.join(folder, MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { ok: false, reason: 'manifest.json: must be one JSON object' };
    const { name } = value as { name?: unknown };
    if (name !== undefined && name !== path.basename(folder))
      return {
        ok: false,
        reason: `manifest.json: name: "${String(name)}" must be the folder's name, "${path.basename(folder)}"`,
      };
    return { ok: true, value: { ...value } };
  } catch (error) {
    return { ok: false, reason: `manifest.json is not valid JSON: ${(error as Error).message}` };
  }
}

/** The version that a manifest says; "1" where it says none. */
export const versionOf = ({ version }: Readonly<Record<string, unknown>>): string =>
  typeof version === 'string' && isVersionName(version) ? version : '1';
