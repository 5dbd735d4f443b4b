/**
 * Blobs on a disk that all processes share.
 *
 *     ROOT/<incoming>/<random>                            arriving, or whole and not kept yet; never read by anyone else
 *     ROOT/<incoming>/removing-<key, "/" as "+">-<uuid>   withdrawn (so such keys have up to 200 characters)
 *     ROOT/<key>                                          kept: renamed here after its last byte reached the disk, and never changed
 *
 * Files are the owner's alone (0600 in 0700): what people upload is nobody else's business on the machine, so all processes
 * run as the same user.
 */
import { randomUUID } from 'node:crypto';
import { constants, createReadStream, type Dirent } from 'node:fs';
import {
  access,
  copyFile,
  link,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import path from 'node:path';
import {
  type BlobInfo,
  BlobMissing,
  type Blobs,
  type ByteRange,
  checkKey,
  type PendingBlob,
  type WithdrawnBlob,
} from './blobs.js';
import { ageMs, exists, type FileError, listing, removeFile, unlessMissing } from './files.js';
import { type IncomingFile, IncomingFiles } from './incoming-files.js';
import { MadeFolders } from './made-folders.js';

const WITHDRAWN = /^removing-(?<key>.+\+.+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Folders so deep or deeper go with their last blob; those above are soon used again. */
const FLEETING_DEPTH = 3;

export class LocalBlobs implements Blobs {
  readonly #root: string;
  readonly #incoming: string;
  readonly #incomingPrefix: string;
  readonly #folders = new MadeFolders();
  readonly #files: IncomingFiles;

  /**
   * @param root absolute path; made when it is first written to
   * @param incoming the folder in it for what has no key yet
   */
  constructor(root: string, incoming = 'incoming') {
    this.#root = root;
    this.#incoming = path.join(root, incoming);
    this.#incomingPrefix = `${incoming}/`;
    this.#files = new IncomingFiles(this.#incoming, this.#folders);
  }

  async check(): Promise<void> {
    await this.#folders.within(this.#incoming, () => access(this.#incoming, constants.W_OK));
    await unlink(await this.#files.write(Buffer.from('x')));
  }

  async receive(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PendingBlob> {
    return this.#pending(await this.#files.receive(chunks, maxBytes));
  }

  async cache(key: string, bytes: Uint8Array): Promise<void> {
    const target = this.#path(key);
    const temporary = await this.#files.write(bytes);
    await this.#move(temporary, target).catch(async (error: unknown) => {
      await rm(temporary, { force: true });
      throw error;
    });
  }

  async read(key: string, range?: ByteRange): Promise<Buffer> {
    if (!range) return this.#found(key, readFile(this.#path(key)));
    const parts: Uint8Array[] = [];
    for await (const part of await this.open(key, range)) parts.push(part);
    return Buffer.concat(parts);
  }

  async open(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    return createReadStream('', { fd: await this.#found(key, open(this.#path(key), 'r')), ...range });
  }

  /** Linked where the disk is the same one, so that it takes no room. */
  async copyTo(key: string, file: string): Promise<void> {
    const source = this.#path(key);
    await link(source, file).catch(async (error: FileError) => {
      if (error.code === 'ENOENT' && !(await exists(source))) throw new BlobMissing(key);
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
    const file = this.#path(key);
    const deleted = await removeFile(file);
    if (key.split('/').length > FLEETING_DEPTH) await this.#removeEmpty(path.dirname(file));
    return deleted;
  }

  async deleteAll(prefix: string): Promise<void> {
    checkKey(`${prefix}/all`);
    await rm(path.join(this.#root, ...prefix.split('/')), { recursive: true, force: true });
  }

  async withdraw(key: string): Promise<WithdrawnBlob | null> {
    const place = this.#path(key);
    const aside = path.join(this.#incoming, `removing-${key.replaceAll('/', '+')}-${randomUUID()}`);
    const isThere = await this.#folders.within(this.#incoming, () =>
      rename(place, aside).then(
        () => true,
        async (error: FileError) => {
          if (error.code !== 'ENOENT' || (await exists(place))) throw error;
          return false;
        },
      ),
    );
    if (!isThere) return null;
    return {
      restore: () => this.#move(aside, place),
      remove: () => rm(aside, { force: true }),
    };
  }

  async *list(prefix: string): AsyncIterable<BlobInfo> {
    const folder = path.join(this.#root, ...prefix.split('/'));
    if (folder === this.#incoming) return;
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
    const { bavail, bsize } = await this.#folders.within(this.#incoming, () => statfs(this.#incoming));
    return bavail * bsize;
  }

  async recover(receivedMs: number, withdrawnMs: number): Promise<number> {
    let count = 0;
    for (const name of await listing(this.#incoming)) {
      const file = path.join(this.#incoming, name);
      const key = WITHDRAWN.exec(name)?.groups?.key?.replaceAll('+', '/');
      const isOld = key
        ? (await ageMs(file, 'ctimeMs')) >= withdrawnMs
        : (await ageMs(file, 'mtimeMs')) >= receivedMs;
      if (!isOld) continue;
      if (key) await this.#move(file, this.#path(key));
      else await rm(file, { force: true });
      count++;
    }
    return count;
  }

  #path(key: string): string {
    checkKey(key);
    if (key.startsWith(this.#incomingPrefix)) throw new Error(`"${key}" cannot be the key of a blob`);
    return `${this.#root}/${key}`;
  }

  #found<T>(key: string, reading: Promise<T>): Promise<T> {
    return unlessMissing(reading, () => {
      throw new BlobMissing(key);
    });
  }

  /** Replaces an identical file, if there is one: same name, same bytes. */
  #move(from: string, to: string): Promise<void> {
    return this.#folders.within(path.dirname(to), () => rename(from, to));
  }

  async #removeEmpty(folder: string): Promise<void> {
    await rmdir(folder).catch((error: FileError) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    });
  }

  #pending({ path: temporary, ...file }: IncomingFile): PendingBlob {
    let kept = false;
    return {
      ...file,
      whole: async () => (file.head.length === file.bytes ? file.head : readFile(temporary)),
      keep: async (key) => {
        await this.#move(temporary, this.#path(key));
        kept = true;
      },
      discard: async () => {
        if (!kept) await rm(temporary, { force: true });
      },
    };
  }
}
