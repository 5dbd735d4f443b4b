/** The headers of a BMP file. Source: Microsoft, "Bitmap Storage" and wingdi.h; OS/2 1.x has the shortest header. */

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** True when the first row is the top one; usually it is the bottom one. */
  readonly topDown: boolean;
  /** Bits per pixel: 1, 4, 8, 16, 24 or 32. */
  readonly depth: number;
  readonly compression: 'none' | 'rle8' | 'rle4' | 'fields';
  /** Which bits of a 16- or 32-bit pixel are which channel; 0 where there is none. */
  readonly masks: {
    readonly red: number;
    readonly green: number;
    readonly blue: number;
    readonly alpha: number;
  };
  /** Red, green, blue of each entry; empty above 8 bits. */
  readonly palette: Uint8Array;
  /** Where the pixels begin. */
  readonly offset: number;
}

const FILE_HEADER = 14;
const OS2_HEADER = 12;
const INFO_HEADER = 40;
/** From here on headers hold the red, green and blue masks; the next size holds the alpha mask too. */
const V2_HEADER = 52;
const V3_HEADER = 56;
const LARGEST_HEADER = 124;

const COMPRESSIONS: Readonly<Record<number, BmpHeader['compression']>> = {
  0: 'none',
  1: 'rle8',
  2: 'rle4',
  3: 'fields',
  6: 'fields',
};
const ALPHA_FIELDS = 6;

/** Depths that go with each kind of storage. */
const DEPTHS: Readonly<Record<BmpHeader['compression'], readonly number[]>> = {
  none: [1, 4, 8, 16, 24, 32],
  rle8: [8],
  rle4: [4],
  fields: [16, 32],
};

function readSize(file: Buffer, size: number) {
  if (size === OS2_HEADER)
    return { width: file.readUInt16LE(18), rows: file.readUInt16LE(20), depth: file.readUInt16LE(24) };
  return { width: file.readInt32LE(18), rows: file.readInt32LE(22), depth: file.readUInt16LE(28) };
}

function readMasks(file: Buffer, size: number, code: number, depth: number): BmpHeader['masks'] {
  const alpha = size >= V3_HEADER || code === ALPHA_FIELDS ? file.readUInt32LE(66) : 0;
  if (COMPRESSIONS[code] === 'fields')
    return { red: file.readUInt32LE(54), green: file.readUInt32LE(58), blue: file.readUInt32LE(62), alpha };
  if (depth === 16) return { red: 0x7c00, green: 0x03e0, blue: 0x001f, alpha: 0 };
  return { red: 0xff0000, green: 0xff00, blue: 0xff, alpha };
}

function readPalette(file: Buffer, size: number, depth: number): Uint8Array {
  if (depth > 8) return new Uint8Array();
  const entry = size === OS2_HEADER ? 3 : 4;
  const said = size === OS2_HEADER ? 0 : file.readUInt32LE(46);
  const colors = said === 0 || said > 2 ** depth ? 2 ** depth : said;
  const palette = new Uint8Array(colors * 3);
  for (let index = 0; index < colors; index++) {
    const at = FILE_HEADER + size + index * entry;
    palette.set([file.readUInt8(at + 2), file.readUInt8(at + 1), file.readUInt8(at)], index * 3);
  }
  return palette;
}

/** @throws Error naming what is wrong, or RangeError when the file ends too early */
export function readBmpHeader(file: Buffer): BmpHeader {
  const size = file.readUInt32LE(14);
  if (size !== OS2_HEADER && (size < INFO_HEADER || size > LARGEST_HEADER)) throw new Error('unknown header');
  const { width, rows, depth } = readSize(file, size);
  const code = size === OS2_HEADER ? 0 : file.readUInt32LE(30);
  const compression = COMPRESSIONS[code];
  if (!compression) throw new Error('unknown compression');
  if (!DEPTHS[compression].includes(depth)) throw new Error(`${depth} bits per pixel`);
  if (width <= 0 || rows === 0) throw new Error('no pixels');
  return {
    width,
    height: Math.abs(rows),
    topDown: rows < 0,
    depth,
    compression,
    // Masks stand behind the smallest header where larger ones hold them: at the same place.
    masks: readMasks(file, compression === 'fields' ? Math.max(size, V2_HEADER) : size, code, depth),
    palette: readPalette(file, size, depth),
    offset: file.readUInt32LE(10),
  };
}
