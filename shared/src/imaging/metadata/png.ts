/** PNG without metadata. Source: PNG specification, third edition. */
import { crc32, inflateSync } from 'node:zlib';
import { exifOrientation, makeExif, type Orientation } from './exif.js';
import { Parts } from './parts.js';
import { LARGEST_PROFILE } from './profile-limit.js';

const SIGNATURE_BYTES = 8;
/** Length and type before a chunk's content, and checksum behind it. */
const FRAME_BYTES = 12;
/** IHDR comes first and has one size. */
const HEADER_END = SIGNATURE_BYTES + FRAME_BYTES + 13;
/** A chunk's type as the number that its four letters make. */
const code = (type: string) => Buffer.from(type, 'latin1').readUInt32BE(0);
const END = code('IEND');
const EXIF = code('eXIf');
const PROFILE = code('iCCP');
/** Chunks beside the critical ones that say what the pixels mean. All but iCCP are a few bytes long. */
const KEPT = new Set(
  ['tRNS', 'gAMA', 'cHRM', 'sRGB', 'cICP', 'iCCP', 'sBIT', 'bKGD', 'pHYs', 'tIME'].map(code),
);
/** Fifth bit of the first letter: lower case, so a decoder may pass over it. */
const ANCILLARY = 0x2000_0000;
/** More than any of them may hold: 256 entries of two bytes. */
const SMALL = 512;
/** The longest name of a profile, its end and the method of compression. */
const LONGEST_NAME = 79;
/** The most that deflate unfolds a byte to. */
const DEFLATE_FACTOR = 1032;

interface Chunk {
  readonly type: number;
  /** Of the whole chunk. */
  readonly start: number;
  readonly end: number;
}

/** Walks from chunk to chunk, up to IEND or to one that is cut short. */
function* chunks(bytes: Buffer): Generator<Chunk> {
  let start = SIGNATURE_BYTES;
  while (start + FRAME_BYTES <= bytes.length) {
    const end = start + FRAME_BYTES + bytes.readUInt32BE(start);
    if (end > bytes.length) return;
    const type = bytes.readUInt32BE(start + 4);
    yield { type, start, end };
    if (type === END) return;
    start = end;
  }
}

const content = (bytes: Buffer, { start, end }: Chunk) => bytes.subarray(start + 8, end - 4);

/** Whether a profile unfolds to no more than may be used. One that is short enough need not be tried. */
function isUsable(profile: Buffer): boolean {
  const name = profile.subarray(0, LONGEST_NAME + 1).indexOf(0);
  if (name < 1) return false;
  const compressed = profile.subarray(name + 2);
  if (compressed.length * DEFLATE_FACTOR <= LARGEST_PROFILE) return true;
  if (compressed.length > LARGEST_PROFILE) return false;
  try {
    inflateSync(compressed, { maxOutputLength: LARGEST_PROFILE });
    return true;
  } catch {
    return false; // too large or damaged: the colours are then those of sRGB
  }
}

/** How a PNG lies: its first eXIf chunk, wherever it is. */
export function pngOrientation(bytes: Buffer): Orientation {
  for (const chunk of chunks(bytes)) if (chunk.type === EXIF) return exifOrientation(content(bytes, chunk));
  return 1;
}

/** The same image with its profile and its orientation, and nothing else beside the pixels. */
export function barePng(bytes: Buffer): Buffer {
  const parts = new Parts(bytes);
  const kept = new Set<number>();
  let orientation: Orientation | null = null;
  for (const chunk of chunks(bytes)) {
    const { type, start, end } = chunk;
    if (!(type & ANCILLARY)) continue;
    if (type === EXIF) orientation ??= exifOrientation(content(bytes, chunk));
    const isNeeded =
      KEPT.has(type) &&
      !kept.has(type) &&
      (type === PROFILE ? isUsable(content(bytes, chunk)) : end - start <= SMALL + FRAME_BYTES);
    if (isNeeded) kept.add(type);
    else parts.drop(start, end);
  }
  if (orientation && orientation > 1 && bytes.readUInt32BE(SIGNATURE_BYTES) === 13)
    parts.insert(HEADER_END, exifChunk(orientation));
  return parts.join();
}

function exifChunk(orientation: Orientation): Buffer {
  const exif = makeExif(orientation);
  const chunk = Buffer.alloc(FRAME_BYTES + exif.length);
  chunk.writeUInt32BE(exif.length, 0);
  chunk.write('eXIf', 4, 'latin1');
  exif.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + exif.length)), 8 + exif.length);
  return chunk;
}
