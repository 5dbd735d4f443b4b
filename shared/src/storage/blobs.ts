/**
 * Storage of bytes under keys, such as `models/<sha256>`. Whoever stores here sees keys and bytes and never a path, so that a
 * disk and an object store are alike. Every implementation passes tests/helpers/blobs-suite.ts.
 *
 *     (arriving) ──receive──▶ pending ──keep──▶ kept ──delete──▶ gone
 *                                └──discard──▶ gone  └──withdraw──▶ withdrawn ──restore──▶ kept
 *                                                                        └──remove──▶ gone
 */

/** Segments of letters, digits, ".", "_" and "-", joined by "/"; none begins with ".". */
export const BLOB_KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){1,7}$/;

/** As much of a blob's beginning as every implementation gives before it is kept, bytes. */
export const HEAD_BYTES = 32 * 1024;

export interface BlobInfo {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** Bytes from `start` on, up to and including `end`; without an end, to the last. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** Bytes that have arrived whole and are nobody's yet. They are kept under a key, or discarded. */
export interface PendingBlob {
  readonly sha256: string;
  readonly bytes: number;
  /** The first bytes: 32 KiB or more, all of a smaller blob. */
  readonly head: Buffer;
  /** All bytes, read from the store where the head is not all of them. */
  whole(): Promise<Buffer>;
  /** Gives the bytes their key, durably. The same bytes kept twice under a key are stored once. */
  keep(key: string): Promise<void>;
  /** Lets the bytes go. Harmless after `keep`. */
  discard(): Promise<void>;
}

/** A blob that was taken out of sight and can still come back. Whoever took it calls one of the two. */
export interface WithdrawnBlob {
  /** Puts it back under its key. */
  restore(): Promise<void>;
  /** Deletes it. */
  remove(): Promise<void>;
}

export interface Blobs {
  /** Resolves when bytes can be stored. @throws what the store says: EROFS, EACCES, … */
  check(): Promise<void>;
  /**
   * Takes bytes while they arrive, hashing as they come. They are on disk, or as safe as that, when this resolves.
   * @param chunks must not be changed after they were given: some are held until more have come
   * @throws BlobTooLarge beyond `maxBytes`, and what the stream or the store says; nothing stays behind then
   */
  receive(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PendingBlob>;
  /** Stores bytes that can be made again: they appear whole or not at all, but a power cut may take them. */
  cache(key: string, bytes: Uint8Array): Promise<void>;
  /** All bytes of a blob, or a range of them. @throws BlobMissing */
  read(key: string, range?: ByteRange): Promise<Buffer>;
  /** The same as a stream. @throws BlobMissing before the first byte */
  open(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Puts the bytes into a file of the caller's, for libraries and people that read files only. It must not be changed.
   * @throws BlobMissing, and EEXIST where there is such a file
   */
  copyTo(key: string, file: string): Promise<void>;
  /** @returns null when there is no such blob */
  stat(key: string): Promise<BlobInfo | null>;
  /** @returns whether there was one */
  delete(key: string): Promise<boolean>;
  /** Deletes all blobs whose keys begin with these whole segments. */
  deleteAll(prefix: string): Promise<void>;
  /** Takes a blob out of sight: nobody finds it from now on, and it can come back. @returns null when there is no such blob */
  withdraw(key: string): Promise<WithdrawnBlob | null>;
  /** Blobs whose keys begin with whole segments, such as "models" or "derived/ab12", in no order. */
  list(prefix: string): AsyncIterable<BlobInfo>;
  /** Bytes that can still be stored; null where nobody can say. */
  free(): Promise<number | null>;
  /**
   * Tidies up after processes that died: what they had begun to receive goes, what they had withdrawn comes back.
   * @param receivedMs so long ago the last bytes came
   * @param withdrawnMs so long ago it was taken out
   * @returns how many
   */
  recover(receivedMs: number, withdrawnMs: number): Promise<number>;
}

export class BlobMissing extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`nothing is stored as "${key}"`);
    this.key = key;
  }
}

export class BlobTooLarge extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** @throws Error when a key is not of the form that every store can keep */
export function checkKey(key: string): void {
  if (!BLOB_KEY.test(key)) throw new Error(`"${key}" cannot be the key of a blob`);
}
