/** Steps on files and folders that the modules of this folder share. What is made here, nobody but its owner can read. */
import { chmod, type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';

export const FOLDER_MODE = 0o700;
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

/** Whether there is a file or folder. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Names in a folder; none when there is no such folder. */
export async function listing(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Since a file was written (`mtime`), or written or renamed (`ctime`); -1 when it is gone. */
export async function ageMs(file: string, by: 'mtimeMs' | 'ctimeMs'): Promise<number> {
  return stat(file).then(
    (found) => Date.now() - found[by],
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return -1;
      throw error;
    },
  );
}

/** @returns whether it was there */
export async function removeFile(file: string): Promise<boolean> {
  return unlink(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Writes all chunks, however many steps the file system takes. */
export async function writeAll(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === bytes) return;
  const all = Buffer.concat(chunks); // a nearly full disk may take a part
  while (bytesWritten < bytes) bytesWritten += (await file.write(all, bytesWritten)).bytesWritten;
}

/** Makes a folder that only its owner may enter. One of another owner is left as it is: that owner's business. */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (((await stat(folder)).mode & OPEN_TO_OTHERS) === 0) return;
  await chmod(folder, FOLDER_MODE).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM' && error.code !== 'EROFS') throw error;
  });
}

/** Opens a file that is not there yet, for writing. */
export function create(file: string): Promise<FileHandle> {
  return open(file, 'wx', FILE_MODE);
}
