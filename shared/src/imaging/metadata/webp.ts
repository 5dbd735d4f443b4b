/** WebP without metadata. Source: RFC 9649, sections 2.3 to 2.7. */
import { exifOrientation, makeExif, type Orientation } from './exif.js';
import { Parts } from './parts.js';
import { LARGEST_PROFILE } from './profile-limit.js';

/** "RIFF", size, "WEBP". */
const HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** Where an extended file's flags are, in its first chunk. */
const FLAGS_AT = 20;
const FLAG = { profile: 0x20, exif: 0x08, xmp: 0x04 } as const;
/** A chunk's type as the number that its four letters make. */
const code = (type: string) => Buffer.from(type, 'latin1').readUInt32BE(0);
const EXTENDED = code('VP8X');
const PROFILE = code('ICCP');
const EXIF = code('EXIF');
/** What pixels are made of. */
const KEPT = new Set(['VP8X', 'ICCP', 'ANIM', 'ANMF', 'ALPH', 'VP8 ', 'VP8L'].map(code));

interface Chunk {
  readonly type: number;
  /** Of the whole chunk, with the byte that makes its length even. */
  readonly start: number;
  readonly end: number;
  readonly contentEnd: number;
}

/** Walks from chunk to chunk, up to the end of the file or to one that is cut short. */
function* chunks(bytes: Buffer): Generator<Chunk> {
  const fileEnd = Math.min(bytes.length, CHUNK_HEADER_BYTES + bytes.readUInt32LE(4));
  let start = HEADER_BYTES;
  while (start + CHUNK_HEADER_BYTES <= fileEnd) {
    const contentEnd = start + CHUNK_HEADER_BYTES + bytes.readUInt32LE(start + 4);
    if (contentEnd > fileEnd) return;
    const end = Math.min(fileEnd, contentEnd + (contentEnd % 2));
    yield { type: bytes.readUInt32BE(start), start, end, contentEnd };
    start = end;
  }
}

/** An extended file's flags; none for a simple one, which has no metadata. */
function flags(bytes: Buffer): number {
  const extended = bytes.length > FLAGS_AT && bytes.readUInt32BE(HEADER_BYTES) === EXTENDED;
  return extended ? (bytes[FLAGS_AT] as number) : 0;
}

/** Whether there is any use in looking for the orientation beyond a file's first bytes. */
export function mayHoldOrientation(head: Buffer): boolean {
  return (flags(head) & FLAG.exif) !== 0;
}

/** How a WebP lies. Its Exif comes last; without the flag for it, it does not count. */
export function webpOrientation(bytes: Buffer): Orientation {
  if (!mayHoldOrientation(bytes)) return 1;
  for (const { type, start, contentEnd } of chunks(bytes))
    if (type === EXIF) return exifOrientation(bytes.subarray(start + CHUNK_HEADER_BYTES, contentEnd));
  return 1;
}

/** The same image with its profile and its orientation, and nothing else beside the pixels. */
export function bareWebp(bytes: Buffer): Buffer {
  const orientation = webpOrientation(bytes);
  const parts = new Parts(bytes);
  let hasProfile = false;
  let last = HEADER_BYTES;
  for (const { type, start, end } of chunks(bytes)) {
    last = end;
    const fits = type !== PROFILE || (!hasProfile && end - start <= LARGEST_PROFILE);
    if (!KEPT.has(type) || !fits) parts.drop(start, end);
    else if (type === PROFILE) hasProfile = true;
  }
  if (orientation !== 1) parts.insert(last, exifChunk(orientation));
  const bare = parts.join();
  if (bare === bytes) return bytes;
  bare.writeUInt32LE(bytes.readUInt32LE(4) - parts.shrinksBy, 4);
  const left = flags(bare) & ~(FLAG.xmp | FLAG.exif | (hasProfile ? 0 : FLAG.profile));
  if (flags(bare)) bare[FLAGS_AT] = left | (orientation === 1 ? 0 : FLAG.exif);
  return bare;
}

function exifChunk(orientation: Orientation): Buffer {
  const exif = makeExif(orientation);
  const chunk = Buffer.alloc(CHUNK_HEADER_BYTES + exif.length); // an even length needs no filling up
  chunk.write('EXIF', 'latin1');
  chunk.writeUInt32LE(exif.length, 4);
  exif.copy(chunk, CHUNK_HEADER_BYTES);
  return chunk;
}
