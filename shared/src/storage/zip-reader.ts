/**
 * Reads zip files that strangers send. Nothing is unpacked to a path that a zip names: an entry is a name and a stream of
 * bytes. What no honest zip has (paths that lead out, links, encrypted entries, thousandfold compression) is skipped with a
 * reason, and limits end what is too much; yauzl reads the format itself.
 */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import type { Blobs } from './blobs.js';

export interface ZipLimits {
  readonly maxEntries: number;
  /** Unpacked bytes of one entry. */
  readonly maxEntryBytes: number;
  /** Unpacked bytes of all entries. */
  readonly maxTotalBytes: number;
}

export type ZipEntry =
  | {
      readonly kind: 'file';
      /** With "/" between folders, none of them ".." or empty. */
      readonly path: string;
      readonly bytes: number;
      /** The unpacked bytes, once. What is not read is skipped. @throws ZipProblem when the entry is damaged */
      open(): AsyncIterable<Uint8Array>;
    }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: string };

/** A file that is no zip, is damaged, or holds more than it may; one sentence. */
export class ZipProblem extends Error {}

/** Deflate cannot do better than 1032:1, and images and weights do not come near. */
const MOST_RATIO = 200;
/** Small files may be anything: text compresses well. */
const RATIO_FROM_BYTES = 1 << 20;
const READ_AHEAD = 1 << 18;
const LINK = 0o120000;
const TYPE_MASK = 0o170000;

/** Reads of the directory are small and follow one another: they are served from a window. */
class BlobReader extends yauzl.RandomAccessReader {
  readonly #blobs: Blobs;
  readonly #key: string;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(blobs: Blobs, key: string) {
    super();
    this.#blobs = blobs;
    this.#key = key;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const through = new PassThrough();
    const copy = async () => pipeline(await this.#blobs.open(this.#key, { start, end: end - 1 }), through);
    copy().catch((error: Error) => through.destroy(error));
    return through;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, bytes?: number) => void,
  ): void {
    this.#fill(position, length).then(
      () => {
        const from = position - this.#start;
        done(null, this.#window.copy(target, offset, from, from + length));
      },
      (error: Error) => done(error),
    );
  }

  async #fill(position: number, length: number): Promise<void> {
    if (position >= this.#start && position + length <= this.#start + this.#window.length) return;
    const end = position + Math.max(length, READ_AHEAD) - 1;
    this.#window = await this.#blobs.read(this.#key, { start: position, end });
    this.#start = position;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Names in UTF-8 without saying so are usual (macOS); what is no UTF-8 is taken for CP437, as the format says. */
function nameOf(entry: yauzl.Entry): string {
  const raw = entry.fileNameRaw as Buffer;
  try {
    return UTF8.decode(raw).replaceAll('\\', '/').normalize('NFC');
  } catch {
    return yauzl
      .getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, false)
      .normalize('NFC');
  }
}

const CONTROL = /\p{Cc}/u;
/** What systems put into zips besides what people do. */
const LITTER = /(^|\/)(__MACOSX|\.[^./][^/]*|Thumbs\.db|desktop\.ini)(\/|$)/i;

/** Why an entry is not read; null: it is. Folders have no reason of their own. */
function refusal(entry: yauzl.Entry, path: string, { maxEntryBytes }: ZipLimits): string | null {
  const { compressedSize, uncompressedSize, compressionMethod, externalFileAttributes } = entry;
  if (CONTROL.test(path)) return 'its name holds control characters';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'its path is absolute';
  if (path.split('/').includes('..')) return 'its path leads out of the folder';
  if (path.length > 500) return 'its name is longer than 500 characters';
  if (((externalFileAttributes >>> 16) & TYPE_MASK) === LINK) return 'it is a link';
  if (entry.isEncrypted()) return 'it is encrypted';
  if (compressionMethod !== 0 && compressionMethod !== 8)
    return 'its compression is not known here; use an ordinary zip';
  if (uncompressedSize > maxEntryBytes) return `it is larger than ${maxEntryBytes} bytes`;
  if (uncompressedSize > RATIO_FROM_BYTES && uncompressedSize > compressedSize * MOST_RATIO)
    return `it is compressed more than ${MOST_RATIO} to 1`;
  return null;
}

const damaged = (error: unknown) =>
  new ZipProblem(`the zip file is damaged or is none (${(error as Error).message})`, { cause: error });

/**
 * The entries of a zip that is stored as a blob, in the order of its directory; folders are left out.
 * @throws ZipProblem
 */
export async function* zipEntries(blobs: Blobs, key: string, limits: ZipLimits): AsyncGenerator<ZipEntry> {
  const zip = await openZip(blobs, key);
  try {
    if (zip.entryCount > limits.maxEntries)
      throw new ZipProblem(`the zip file has ${zip.entryCount} entries, and may have ${limits.maxEntries}`);
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      const path = nameOf(entry);
      if (path.endsWith('/') || LITTER.test(path)) continue;
      const reason = refusal(entry, path, limits);
      if (reason !== null) {
        yield {
          kind: 'skipped',
          path: path.replaceAll(new RegExp(CONTROL, 'gu'), '?').slice(0, 500),
          reason,
        };
        continue;
      }
      total += entry.uncompressedSize;
      if (total > limits.maxTotalBytes)
        throw new ZipProblem(`the zip file holds more than ${limits.maxTotalBytes} bytes unpacked`);
      yield { kind: 'file', path, bytes: entry.uncompressedSize, open: () => contentOf(zip, entry) };
    }
  } catch (error) {
    throw error instanceof ZipProblem ? error : damaged(error);
  } finally {
    zip.close();
  }
}

async function openZip(blobs: Blobs, key: string): Promise<yauzl.ZipFile> {
  const info = await blobs.stat(key);
  try {
    return await yauzl.fromRandomAccessReaderPromise(new BlobReader(blobs, key), info?.bytes ?? 0, {
      decodeStrings: false,
      autoClose: false,
    });
  } catch (error) {
    throw damaged(error);
  }
}

/** yauzl ends a stream that gives more or less than the directory says, so sizes that lie are no way in. */
async function* contentOf(zip: yauzl.ZipFile, entry: yauzl.Entry): AsyncGenerator<Uint8Array> {
  try {
    yield* (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw damaged(error);
  }
}
