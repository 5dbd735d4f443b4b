/** The files that a model is made of, read from its folder. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DamagedFileError } from '@scry/onnx/errors';
import { weightFiles } from '@scry/onnx/tfjs/model-json';

/** Changes when the same files would be converted to another result. */
const CONVERTER = 'scry-onnx 2';

export type Files = ReadonlyMap<string, Uint8Array>;

async function read(folder: string, name: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path.join(folder, name));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DamagedFileError(
      `${name} ${code === 'ENOENT' ? 'is missing beside the model' : `cannot be read (${code})`}.`,
      { cause },
    );
  }
  if (!Buffer.from(bytes.subarray(0, 40)).includes('git-lfs')) return bytes;
  throw new DamagedFileError(
    `${name} is a pointer of Git LFS, not the file itself; run "git lfs pull" where it was cloned.`,
  );
}

/** The .weights of a .cfg: of the same name, or the only one in the folder. */
async function weightsName(folder: string, cfg: string): Promise<string> {
  const own = `${path.parse(cfg).name}.weights`;
  const found = (await readdir(folder)).filter((name) => name.toLowerCase().endsWith('.weights'));
  return found.includes(own) || found.length !== 1 ? own : (found[0] as string);
}

/**
 * Reads a model file and those that belong to it: the shards of a model.json, the .weights of a .cfg.
 * @returns bytes by the names that the files are known by in the model
 * @throws DamagedFileError when one is missing, or lies outside the folder
 */
export async function readModelFiles(file: string): Promise<Files> {
  const folder = path.dirname(file);
  const name = path.basename(file);
  const main = await read(folder, name);
  const files = new Map([[name, main]]);
  const extension = path.extname(name).toLowerCase();
  const others =
    extension === '.json' ? weightFiles(main) : extension === '.cfg' ? [await weightsName(folder, name)] : [];
  for (const other of others) files.set(other, await read(folder, other));
  return files;
}

/** Names what these files are converted to. */
export function hashFiles(files: Files): string {
  const hash = createHash('sha256').update(CONVERTER);
  for (const [name, bytes] of files) hash.update(`\0${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex');
}
