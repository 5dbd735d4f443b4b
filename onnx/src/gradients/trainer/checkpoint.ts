/** Vectors and what belongs to them as one run of bytes: a header in JSON, then the numbers, little-endian. */
import { ConversionError } from '../../errors.js';

const MAGIC = 0x4b435243;
const VERSION = 1;
const HEAD = 12;

export interface Checkpoint {
  /** Anything that JSON holds. */
  readonly info: Readonly<Record<string, unknown>>;
  readonly vectors: Readonly<Record<string, Float32Array>>;
}

export function encodeCheckpoint({ info, vectors }: Checkpoint): Uint8Array {
  const lengths = Object.entries(vectors).map(([name, { length }]) => [name, length]);
  const header = new TextEncoder().encode(JSON.stringify({ info, lengths }));
  const size = Object.values(vectors).reduce(
    (total, { byteLength }) => total + byteLength,
    HEAD + header.length,
  );
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, HEAD);
  let at = HEAD + header.length;
  for (const vector of Object.values(vectors)) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  return bytes;
}

/** @throws ConversionError for bytes that are no whole checkpoint */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD || view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION)
    throw new ConversionError('These bytes are not a checkpoint of a training.');
  const start = HEAD + view.getUint32(8, true);
  const header = readHeader(bytes.subarray(HEAD, start));
  const total = header.lengths.reduce((sum, [, length]) => sum + length, 0);
  if (bytes.length !== start + total * Float32Array.BYTES_PER_ELEMENT)
    throw new ConversionError('The checkpoint of the training was cut off.');
  const numbers = new Float32Array(bytes.slice(start).buffer);
  let at = 0;
  const vectors: Record<string, Float32Array> = {};
  for (const [name, length] of header.lengths) {
    vectors[name] = numbers.slice(at, at + length);
    at += length;
  }
  return { info: header.info, vectors };
}

function readHeader(bytes: Uint8Array): { info: Record<string, unknown>; lengths: [string, number][] } {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ConversionError('The checkpoint of the training was cut off.');
  }
}
