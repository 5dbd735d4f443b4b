/** Steps on files and folders that the modules of this folder share. What is made here, nobody but its owner can read. */
import { chmod, type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';

export type FileError = NodeJS.ErrnoException;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OPEN_TO_OTHERS = 0o077;

/** Folder-safe form of a class name. */
export function safeName(text: string): string {
  const safe = text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._ -]/gu, '_')
    .replace(/^\.+/, '_')
    .trim()
    .slice(0, 80);
  return safe === '' ? '_' : safe;
}

/** What a promise gives, or `otherwise` where the file or folder does not exist. */
export function unlessMissing<T, U>(promise: Promise<T>, otherwise: () => U): Promise<T | U> {
  return promise.catch((error: FileError) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return otherwise();
    throw error;
  });
}

/** Whether there is a file or folder. */
export function exists(file: string): Promise<boolean> {
  return unlessMissing(
    stat(file).then(() => true),
    () => false,
  );
}

/** Names in a folder; none when there is no such folder. */
export function listing(folder: string): Promise<string[]> {
  return unlessMissing(readdir(folder), (): string[] => []);
}

/** Since a file was written (`mtime`), or written or renamed (`ctime`); -1 when it is gone. */
export function ageMs(file: string, by: 'mtimeMs' | 'ctimeMs'): Promise<number> {
  return unlessMissing(
    stat(file).then((found) => Math.max(0, Date.now() - found[by])), // file times are finer than this clock's
    () => -1,
  );
}

/** @returns whether it was there */
export function removeFile(file: string): Promise<boolean> {
  return unlessMissing(
    unlink(file).then(() => true),
    () => false,
  );
}

/** Writes all chunks, however many steps the file system takes. */
export async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === bytes) return;
  const all = Buffer.concat(chunks); // a nearly full disk may take a part
  while (bytesWritten < bytes) bytesWritten += (await file.write(all, bytesWritten)).bytesWritten;
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
}

/** Makes a folder that only its owner may enter. One of another owner is left as it is: that owner's business. */
export async function privateFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  if (((await stat(folder)).mode & OPEN_TO_OTHERS) === 0) return;
  await chmod(folder, FOLDER_MODE).catch((error: FileError) => {
    if (error.code !== 'EPERM' && error.code !== 'EROFS') throw error;
  });
}

/** Opens a file that is not there yet, for writing. */
export function create(file: string): Promise<FileHandle> {
  return open(file, 'wx', FILE_MODE);
}
