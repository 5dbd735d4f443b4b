/** Blobs in memory: the second implementation, which shows that nobody counts on a disk. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import {
  type BlobInfo,
  BlobMissing,
  type Blobs,
  BlobTooLarge,
  type ByteRange,
  checkKey,
  HEAD_BYTES,
  type PendingBlob,
  type WithdrawnBlob,
} from '@scry/shared/storage/blobs';

interface Stored {
  readonly data: Buffer;
  readonly modifiedAt: Date;
}

export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, Stored>();
  /** What was taken out of sight, until it comes back or goes. */
  readonly #withdrawn = new Map<{ readonly key: string; readonly since: number }, Stored>();

  async check(): Promise<void> {}

  async receive(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PendingBlob> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new BlobTooLarge(maxBytes);
      parts.push(chunk.slice());
    }
    const data = Buffer.concat(parts);
    return {
      sha256: createHash('sha256').update(data).digest('hex'),
      bytes,
      head: data.subarray(0, HEAD_BYTES),
      whole: async () => data,
      keep: (key) => this.cache(key, data),
      discard: async () => {},
    };
  }

  async cache(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    this.#blobs.set(key, { data: Buffer.from(bytes), modifiedAt: new Date() });
  }

  async read(key: string, { start = 0, end }: Partial<ByteRange> = {}): Promise<Buffer> {
    checkKey(key);
    const blob = this.#blobs.get(key);
    if (!blob) throw new BlobMissing(key);
    return Buffer.from(blob.data.subarray(start, end === undefined ? undefined : end + 1));
  }

  async open(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const data = await this.read(key, range);
    return (async function* () {
      yield data;
    })();
  }

  async copyTo(key: string, file: string): Promise<void> {
    await writeFile(file, await this.read(key), { flag: 'wx' });
  }

  async stat(key: string): Promise<BlobInfo | null> {
    checkKey(key);
    const blob = this.#blobs.get(key);
    return blob ? { key, bytes: blob.data.length, modifiedAt: blob.modifiedAt } : null;
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return this.#blobs.delete(key);
  }

  async deleteAll(prefix: string): Promise<void> {
    for (const key of this.#blobs.keys()) if (key.startsWith(`${prefix}/`)) this.#blobs.delete(key);
  }

  async withdraw(key: string): Promise<WithdrawnBlob | null> {
    const stored = this.#blobs.get(key);
    if (!stored) return null;
    const ticket = { key, since: performance.now() };
    this.#withdrawn.set(ticket, stored);
    this.#blobs.delete(key);
    return {
      restore: async () => {
        this.#withdrawn.delete(ticket);
        this.#blobs.set(key, stored);
      },
      remove: async () => void this.#withdrawn.delete(ticket),
    };
  }

  async *list(prefix: string): AsyncIterable<BlobInfo> {
    for (const [key, { data, modifiedAt }] of this.#blobs)
      if (key.startsWith(`${prefix}/`)) yield { key, bytes: data.length, modifiedAt };
  }

  async free(): Promise<null> {
    return null;
  }

  async recover(_receivedMs: number, withdrawnMs: number): Promise<number> {
    const old = [...this.#withdrawn].filter(([{ since }]) => performance.now() - since >= withdrawnMs);
    for (const [ticket, stored] of old) {
      this.#withdrawn.delete(ticket);
      this.#blobs.set(ticket.key, stored);
    }
    return old.length;
  }
}
