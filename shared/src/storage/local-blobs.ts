/**
 * Blobs on a disk that all processes share.
 *
 *     ROOT/incoming/<random>   arriving, or whole and not kept yet; never read by anyone else
 *     ROOT/<key>               kept: renamed here after its last byte reached the disk, and never changed
 *
 * Files are the owner's alone (0600 in 0700): what people upload is nobody else's business on the machine.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, type Dirent } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import path from 'node:path';
import {
  type BlobInfo,
  BlobMissing,
  type Blobs,
  BlobTooLarge,
  type ByteRange,
  checkKey,
  type PendingBlob,
} from './blobs.js';

const INCOMING = 'incoming';
const HEAD_BYTES = 32 * 1024;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

type FileError = NodeJS.ErrnoException;

/** What a promise gives, or `otherwise` where the file or folder does not exist. */
function unlessMissing<T, U>(promise: Promise<T>, otherwise: () => U): Promise<T | U> {
  return promise.catch((error: FileError) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return otherwise();
    throw error;
  });
}

export class LocalBlobs implements Blobs {
  readonly #root: string;
  readonly #incoming: string;

  /** @param root absolute path; made when it is first written to */
  constructor(root: string) {
    this.#root = root;
    this.#incoming = path.join(root, INCOMING);
  }

  async receive(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PendingBlob> {
    const temporary = path.join(this.#incoming, randomUUID());
    const file = await this.#create(temporary);
    try {
      const written = await writeChunks(file, chunks, maxBytes);
      await file.datasync();
      return this.#pending(temporary, written);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  async read(key: string, range?: ByteRange): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of await this.open(key, range)) parts.push(part);
    return Buffer.concat(parts);
  }

  async open(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const file = await unlessMissing(open(this.#path(key), 'r'), () => {
      throw new BlobMissing(key);
    });
    return createReadStream('', { fd: file, ...range });
  }

  /** Linked where the disk is the same one, so that it takes no room. */
  async copyTo(key: string, file: string): Promise<void> {
    const source = this.#path(key);
    await link(source, file).catch((error: FileError) => {
      if (error.code === 'ENOENT' && error.path === source) return missing(key, source, error);
      if (error.code === 'EXDEV' || error.code === 'EPERM' || error.code === 'EMLINK')
        return copyFile(source, file, constants.COPYFILE_EXCL);
      throw error;
    });
  }

  async stat(key: string): Promise<BlobInfo | null> {
    const found = await unlessMissing(stat(this.#path(key)), () => null);
    return found?.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : null;
  }

  async delete(key: string): Promise<boolean> {
    return unlessMissing(
      unlink(this.#path(key)).then(() => true),
      () => false,
    );
  }

  async *list(prefix: string): AsyncIterable<BlobInfo> {
    const folder = path.join(this.#root, ...prefix.split('/'));
    const entries = await unlessMissing(readdir(folder, { withFileTypes: true }), (): Dirent[] => []);
    for (const entry of entries) {
      const key = `${prefix}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(key);
      else {
        const info = await this.stat(key);
        if (info) yield info;
      }
    }
  }

  async free(): Promise<number> {
    await mkdir(this.#root, { recursive: true, mode: FOLDER_MODE });
    const { bavail, bsize } = await statfs(this.#root);
    return bavail * bsize;
  }

  /** Removes what processes that died had begun to receive so long ago. @returns how many files */
  async removeOrphans(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const name of await unlessMissing(readdir(this.#incoming), (): string[] => [])) {
      const file = path.join(this.#incoming, name);
      const found = await unlessMissing(stat(file), () => null);
      if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
      await rm(file, { force: true });
      removed++;
    }
    return removed;
  }

  #path(key: string): string {
    checkKey(key);
    return path.join(this.#root, ...key.split('/'));
  }

  async #create(file: string): Promise<FileHandle> {
    await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
    return open(file, 'wx', FILE_MODE);
  }

  #pending(temporary: string, { sha256, bytes, head }: Written): PendingBlob {
    let kept = false;
    return {
      sha256,
      bytes,
      head,
      keep: async (key) => {
        const target = this.#path(key);
        await mkdir(path.dirname(target), { recursive: true, mode: FOLDER_MODE });
        await rename(temporary, target);
        kept = true;
      },
      discard: async () => {
        if (!kept) await rm(temporary, { force: true });
      },
    };
  }
}

/** @throws BlobMissing, or the error where it is the target's folder that does not exist */
async function missing(key: string, source: string, error: FileError): Promise<void> {
  if (await unlessMissing(stat(source), () => null)) throw error;
  throw new BlobMissing(key);
}

type Written = Pick<PendingBlob, 'sha256' | 'bytes' | 'head'>;

async function writeChunks(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Written> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes < HEAD_BYTES) head.push(chunk.slice(0, HEAD_BYTES - bytes));
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BlobTooLarge(maxBytes);
    hash.update(chunk);
    await file.writeFile(chunk); // a handle writes on from where it stands, and all of it
  }
  return { sha256: hash.digest('hex'), bytes, head: Buffer.concat(head) };
}
