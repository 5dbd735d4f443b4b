/** AVIF and HEIC without metadata. Sources: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (items). */
import { LARGEST_PROFILE } from './profile-limit.js';

/** Items that pixels are made of or put together from; the others are Exif, XMP and whatever programs add. */
const IMAGE_ITEMS = new Set([
  'av01',
  'hvc1',
  'hev1',
  'lhv1',
  'avc1',
  'vvc1',
  'jpeg',
  'j2k1',
  'unci',
  'grid',
  'iovl',
  'iden',
]);
const FULL_BOX_BYTES = 4;
const FREE = 'free';
/** Deeper than any box that is looked for. */
const PROPERTIES = ['meta', 'iprp', 'ipco'];

interface Box {
  readonly type: string;
  readonly start: number;
  /** Where its content begins. */
  readonly content: number;
  readonly end: number;
}

/** Walks from box to box, up to one that goes beyond `end`. */
function* boxes(bytes: Buffer, from: number, end: number): Generator<Box> {
  let start = from;
  while (start + 8 <= end) {
    let size = bytes.readUInt32BE(start);
    let content = start + 8;
    if (size === 1) {
      if (start + 16 > end) return;
      size = Number(bytes.readBigUInt64BE(start + 8));
      content = start + 16;
    } else if (size === 0) size = end - start;
    if (start + size > end || start + size < content) return;
    yield { type: bytes.toString('latin1', start + 4, start + 8), start, content, end: start + size };
    start += size;
  }
}

function* inside(bytes: Buffer, box: Box): Generator<Box> {
  yield* boxes(bytes, box.content + (box.type === 'meta' ? FULL_BOX_BYTES : 0), box.end);
}

function find(bytes: Buffer, names: readonly string[]): Box | null {
  let level: Iterable<Box> = boxes(bytes, 0, bytes.length);
  let found: Box | undefined;
  for (const name of names) {
    found = undefined;
    for (const box of level) {
      if (box.type !== name) continue;
      found = box;
      break;
    }
    if (!found) return null;
    level = inside(bytes, found);
  }
  return found ?? null;
}

/** Colour profiles that are too large. Their places stay, since properties are told by their number. */
function largeProfiles(bytes: Buffer): Box[] {
  const properties = find(bytes, PROPERTIES);
  if (!properties) return [];
  const isLarge = ({ type, start, end }: Box) => type === 'colr' && end - start > LARGEST_PROFILE;
  return [...inside(bytes, properties)].filter(isLarge);
}

/** What an entry of the list of items says that its item is. Before version 2 it could only be a file of some type. */
function itemType(bytes: Buffer, { content, end }: Box): string {
  const version = bytes[content] as number;
  const at = content + FULL_BOX_BYTES + (version === 2 ? 4 : 6);
  return version >= 2 && at + 4 <= end ? bytes.toString('latin1', at, at + 4) : '';
}

interface Items {
  readonly list: Box;
  /** Bytes of the number of entries. */
  readonly countBytes: number;
  readonly all: readonly Box[];
}

function readItems(bytes: Buffer): Items | null {
  const list = find(bytes, ['meta', 'iinf']);
  if (!list || list.content + FULL_BOX_BYTES + 4 > list.end) return null;
  const countBytes = bytes[list.content] === 0 ? 2 : 4;
  return { list, countBytes, all: [...boxes(bytes, list.content + FULL_BOX_BYTES + countBytes, list.end)] };
}

/** Writes the list of items again with some of them, and fills its place up with a box that is passed over. */
function writeItems(bare: Buffer, bytes: Buffer, items: Items, kept: readonly Box[]): void {
  const { list, countBytes } = items;
  const count = list.content + FULL_BOX_BYTES;
  let at = count + countBytes;
  for (const { start, end } of kept) at += bytes.copy(bare, at, start, end);
  bare.writeUIntBE(kept.length, count, countBytes);
  if (list.content - list.start === 16) bare.writeBigUInt64BE(BigInt(at - list.start), list.start + 8);
  else bare.writeUInt32BE(at - list.start, list.start);
  bare.writeUInt32BE(list.end - at, at);
  bare.write(FREE, at + 4, 'latin1');
  bare.fill(0, at + 8, list.end);
}

/**
 * The same file with only those items in its list that are images, so that nobody reads the others; everything
 * stays in its place. The file itself when there are no others.
 */
export function bareHeif(bytes: Buffer): Buffer {
  const profiles = largeProfiles(bytes);
  const items = readItems(bytes);
  const kept = items?.all.filter((item) => item.type === 'infe' && IMAGE_ITEMS.has(itemType(bytes, item)));
  const isWhole = !items || !kept || kept.length === items.all.length;
  if (isWhole && profiles.length === 0) return bytes;
  const bare = Buffer.from(bytes);
  for (const { start } of profiles) bare.write(FREE, start + 4, 'latin1');
  if (!isWhole) writeItems(bare, bytes, items, kept);
  return bare;
}
