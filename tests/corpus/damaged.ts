/** Images that were cut short or hit by stray bits, at the places where decoders are most easily misled. */
import { randomFrom } from '../helpers/images.js';
import { ANY, type CorpusCase, makeCase, UNREADABLE } from './case.js';
import { extensionOf, specimens } from './variants.js';

/** Offsets at which a format's parts begin: markers, chunks, blocks, boxes, directory entries. */
export function markerOffsets(bytes: Buffer): number[] {
  const text = bytes.subarray(0, 12).toString('latin1');
  if (text.startsWith('\xff\xd8')) return jpegMarkers(bytes);
  if (text.startsWith('\x89PNG')) return chunks(bytes, 8, (at) => bytes.readUInt32BE(at) + 12);
  if (text.startsWith('RIFF')) return chunks(bytes, 12, (at) => 8 + even(bytes.readUInt32LE(at + 4)));
  if (text.startsWith('II') || text.startsWith('MM')) return tiffEntries(bytes);
  if (text.slice(4, 8) === 'ftyp') return chunks(bytes, 0, (at) => Math.max(8, bytes.readUInt32BE(at)));
  return [0, 2, 6, 10, 13, 14, 18, 22, 26, 28, 30, 34, 54]; // GIF and BMP: the fields of their headers
}

const even = (length: number) => length + (length % 2);

function chunks(bytes: Buffer, start: number, length: (at: number) => number): number[] {
  const offsets: number[] = [];
  for (let at = start; at + 8 <= bytes.length; at += length(at)) offsets.push(at);
  return offsets;
}

function jpegMarkers(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) offsets.push(at);
  }
  return offsets;
}

function tiffEntries(bytes: Buffer): number[] {
  const directory = bytes.readUInt32LE(4);
  const entries = bytes.readUInt16LE(directory);
  return [0, 4, 8, directory, ...Array.from({ length: entries }, (_, index) => directory + 2 + index * 12)];
}

/** Cuts at every marker, just inside it, and at even steps through the data. */
function cutPoints(bytes: Buffer): number[] {
  const points = new Set<number>();
  for (const at of markerOffsets(bytes)) for (const offset of [0, 1, 3, 8]) points.add(at + offset);
  for (let step = 1; step < 16; step++) points.add(Math.floor((bytes.length * step) / 16));
  for (const fromEnd of [1, 2, 4, 9]) points.add(bytes.length - fromEnd);
  return [...points].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
}

/** Shorter than any format's header: nothing could be read from it. */
const HEADERLESS = 12;

function truncations(name: string, bytes: Buffer): CorpusCase[] {
  return cutPoints(bytes).map((at) =>
    makeCase(
      `cut/${name}-at-${at}`,
      extensionOf(name),
      bytes.subarray(0, at),
      at < HEADERLESS ? UNREADABLE : ANY,
    ),
  );
}

const FLIPS_IN_HEADER = 40;
const FLIPS_ANYWHERE = 40;
const BURSTS = 12;

function flips(name: string, bytes: Buffer, seed: number): CorpusCase[] {
  const random = randomFrom(seed);
  const cases: CorpusCase[] = [];
  const flipOne = (label: string, reach: number) => {
    const damaged = Buffer.from(bytes);
    const at = Math.floor(random() * reach);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    cases.push(makeCase(`flip/${name}-${label}`, extensionOf(name), damaged, ANY));
  };
  for (let index = 0; index < FLIPS_IN_HEADER; index++) {
    flipOne(`header-${index}`, Math.min(bytes.length, 256));
  }
  for (let index = 0; index < FLIPS_ANYWHERE; index++) flipOne(`data-${index}`, bytes.length);
  for (let index = 0; index < BURSTS; index++) {
    const damaged = Buffer.from(bytes);
    const at = Math.floor(random() * bytes.length);
    for (let offset = 0; offset < 32 && at + offset < damaged.length; offset++) {
      damaged[at + offset] = Math.floor(random() * 256);
    }
    cases.push(makeCase(`burst/${name}-${index}`, extensionOf(name), damaged, ANY));
  }
  return cases;
}

/** Parts left out, said twice, or put in another order, with right checksums where the format has them. */
function rearrangements(name: string, bytes: Buffer): CorpusCase[] {
  const offsets = markerOffsets(bytes);
  const cases: CorpusCase[] = [];
  for (const [index, at] of offsets.slice(0, 12).entries()) {
    const next = offsets[index + 1] ?? bytes.length;
    const part = bytes.subarray(at, next);
    const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(next)]);
    const twice = Buffer.concat([bytes.subarray(0, next), part, bytes.subarray(next)]);
    cases.push(makeCase(`without/${name}-part-${index}`, extensionOf(name), without, ANY));
    cases.push(makeCase(`twice/${name}-part-${index}`, extensionOf(name), twice, ANY));
  }
  return cases;
}

/** All damaged images. */
export async function damaged(): Promise<CorpusCase[]> {
  const cases: CorpusCase[] = [];
  let seed = 1;
  for (const [name, bytes] of await specimens()) {
    cases.push(...truncations(name, bytes), ...flips(name, bytes, seed++), ...rearrangements(name, bytes));
  }
  return cases;
}
