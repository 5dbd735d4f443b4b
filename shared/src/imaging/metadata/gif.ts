/** GIF without comments and the like. Source: GIF89a specification. */
import { Parts } from './parts.js';

const SCREEN_END = 13;
const FRAME_HEADER_BYTES = 10;
const EXTENSION = 0x21;
const FRAME = 0x2c;
/** The one extension that pixels depend on: transparency and how frames follow each other. */
const GRAPHIC_CONTROL = 0xf9;

/** Bytes of the colour table that a field of flags announces. */
const tableBytes = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

/** Past sub-blocks, each with its length before it and an empty one at the end; -1 when they are cut short. */
function afterSubBlocks(bytes: Buffer, from: number): number {
  let at = from;
  for (let size = bytes[at]; size !== undefined; size = bytes[at]) {
    at += size + 1;
    if (size === 0) return at;
  }
  return -1;
}

/** The same images without comments, text and what applications add; the file itself when there are none. */
export function bareGif(bytes: Buffer): Buffer {
  const parts = new Parts(bytes);
  let at = SCREEN_END + tableBytes(bytes[10] ?? 0);
  while (at + FRAME_HEADER_BYTES < bytes.length) {
    const kind = bytes[at];
    if (kind !== EXTENSION && kind !== FRAME) break;
    // A frame's data begin behind its header, its colours and the size of its codes.
    const data = kind === FRAME ? at + FRAME_HEADER_BYTES + tableBytes(bytes[at + 9] as number) + 1 : at + 2;
    const end = afterSubBlocks(bytes, data);
    if (end < 0) break; // cut short: for the decoder to say
    if (kind === EXTENSION && bytes[at + 1] !== GRAPHIC_CONTROL) parts.drop(at, end);
    at = end;
  }
  return parts.join();
}
