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
  type PendingBlob,
} from '@scry/shared/storage/blobs';

const HEAD_BYTES = 32 * 1024;

export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, { readonly data: Buffer; readonly modifiedAt: Date }>();

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
      keep: async (key) => {
        checkKey(key);
        this.#blobs.set(key, { data, modifiedAt: new Date() });
      },
      discard: async () => {},
    };
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

  async *list(prefix: string): AsyncIterable<BlobInfo> {
    for (const [key, { data, modifiedAt }] of this.#blobs)
      if (key.startsWith(`${prefix}/`)) yield { key, bytes: data.length, modifiedAt };
  }

  async free(): Promise<null> {
    return null;
  }
}
