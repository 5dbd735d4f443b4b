/** TIFF without metadata: one directory with the tags that pixels need. Sources: TIFF 6.0, BigTIFF (libtiff). */
import { LARGEST_PROFILE } from './profile-limit.js';

/** Tags that say how pixels are stored, in the order of their numbers. */
const KEPT: ReadonlySet<number> = new Set([
  254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 291, 292,
  293, 296, 317, 318, 319, 320, 322, 323, 324, 325, 332, 334, 338, 339, 340, 341, 347, 512, 513, 514, 515,
  517, 518, 519, 520, 521, 529, 530, 531, 532, 32995, 32996, 32997, 32998, 34675, 37439, 50674,
]);
/** Where strips and tiles lie and how long they are: as many values as there are of them. */
const PLACES: ReadonlySet<number> = new Set([273, 279, 324, 325]);
const PROFILE = 34675;
/** More than any other of these tags may hold: a palette of 3 × 65,536 values of two bytes takes most. */
const LARGEST_VALUE = 512 * 1024;
/** Bytes of one value, by type. */
const TYPE_BYTES = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 1, 1, 8, 8, 8];

/** Where things are in a directory, which differs between TIFF and BigTIFF. */
interface Shape {
  readonly countBytes: number;
  readonly entryBytes: number;
  readonly valueBytes: number;
}

const CLASSIC: Shape = { countBytes: 2, entryBytes: 12, valueBytes: 4 };
const BIG: Shape = { countBytes: 8, entryBytes: 20, valueBytes: 8 };

/** Reads and writes numbers as the file does. */
class Numbers {
  readonly shape: Shape;
  readonly #bytes: Buffer;
  readonly #little: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#little = bytes[0] === 0x49;
    this.shape = this.short(2) === 43 ? BIG : CLASSIC;
  }

  short(at: number): number {
    return this.#little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  /** A number of 2, 4 or 8 bytes; those of 8 that are beyond 2⁵³ are beyond any file as well. */
  read(at: number, bytes: number): number {
    if (bytes === 2) return this.short(at);
    if (bytes === 4) return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
    return Number(this.#little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at));
  }

  write(value: number, at: number, bytes: number): void {
    if (bytes === 2)
      this.#little ? this.#bytes.writeUInt16LE(value, at) : this.#bytes.writeUInt16BE(value, at);
    else if (bytes === 4)
      this.#little ? this.#bytes.writeUInt32LE(value, at) : this.#bytes.writeUInt32BE(value, at);
    else if (this.#little) this.#bytes.writeBigUInt64LE(BigInt(value), at);
    else this.#bytes.writeBigUInt64BE(BigInt(value), at);
  }
}

/** Whether a tag is one that pixels need, and of a size that it may have. */
function isNeeded(numbers: Numbers, entry: number, fileBytes: number): boolean {
  const tag = numbers.short(entry);
  if (!KEPT.has(tag)) return false;
  const { valueBytes } = numbers.shape;
  const size = (TYPE_BYTES[numbers.short(entry + 2)] ?? 8) * numbers.read(entry + 4, valueBytes);
  return size <= (PLACES.has(tag) ? fileBytes : tag === PROFILE ? LARGEST_PROFILE : LARGEST_VALUE);
}

/**
 * The same file with one directory in which only the tags stay that pixels need. What the others pointed to is
 * still in it, but nothing leads there. The file itself when there is nothing to take out, or when its
 * directory is cut short, which is for the decoder to say.
 */
export function bareTiff(bytes: Buffer): Buffer {
  if (bytes.length < 16) return bytes;
  const numbers = new Numbers(bytes);
  const { countBytes, entryBytes, valueBytes } = numbers.shape;
  const directory = numbers.read(countBytes === 2 ? 4 : 8, valueBytes);
  if (directory + countBytes > bytes.length) return bytes;
  const count = numbers.read(directory, countBytes);
  const first = directory + countBytes;
  const end = first + count * entryBytes;
  if (end + valueBytes > bytes.length) return bytes;
  const kept: number[] = [];
  const seen = new Set<number>();
  for (let entry = first; entry < end; entry += entryBytes) {
    const tag = numbers.short(entry);
    if (seen.has(tag) || !isNeeded(numbers, entry, bytes.length)) continue;
    seen.add(tag);
    kept.push(entry);
  }
  if (kept.length === count && numbers.read(end, valueBytes) === 0) return bytes;
  const bare = Buffer.from(bytes);
  for (const [index, entry] of kept.entries())
    bytes.copy(bare, first + index * entryBytes, entry, entry + entryBytes);
  const written = new Numbers(bare);
  written.write(kept.length, directory, countBytes);
  written.write(0, first + kept.length * entryBytes, valueBytes); // no further directory
  return bare;
}
