/** Windows bitmaps of the usual kinds. Source: Microsoft, "Bitmap Storage", BITMAPINFOHEADER and BITMAPV4HEADER. */
import type { Pixels } from './scene.js';

export type BmpKind =
  | '24'
  | '24-top-down'
  | '32'
  | '16-555'
  | '16-565'
  | '8'
  | '8-rle'
  | '4'
  | '1'
  | 'os2-24';

const FILE_HEADER = 14;

function fileHeader(fileSize: number, dataAt: number): Buffer {
  const header = Buffer.alloc(FILE_HEADER);
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(fileSize, 2);
  header.writeUInt32LE(dataAt, 10);
  return header;
}

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  readonly colors?: number;
  readonly planes?: number;
}

/** A BITMAPINFOHEADER of 40 bytes. A negative height means that the top row comes first. */
export function infoHeader(header: BmpHeader): Buffer {
  const data = Buffer.alloc(40);
  data.writeUInt32LE(40, 0);
  data.writeInt32LE(header.width, 4);
  data.writeInt32LE(header.height, 8);
  data.writeUInt16LE(header.planes ?? 1, 12);
  data.writeUInt16LE(header.bits, 14);
  data.writeUInt32LE(header.compression ?? 0, 16);
  data.writeUInt32LE(header.colors ?? 0, 32);
  return data;
}

/** Joins file header, info header, palette or masks, and rows. */
export function assembleBmp(info: Buffer, table: Buffer, rows: Buffer): Buffer {
  const dataAt = FILE_HEADER + info.length + table.length;
  return Buffer.concat([fileHeader(dataAt + rows.length, dataAt), info, table, rows]);
}

/** Six levels of red, green and blue: 216 colors, as blue, green, red, 0. */
function cubePalette(): Buffer {
  const palette = Buffer.alloc(256 * 4);
  for (let index = 0; index < 216; index++) {
    palette[index * 4] = (index % 6) * 51;
    palette[index * 4 + 1] = (Math.floor(index / 6) % 6) * 51;
    palette[index * 4 + 2] = Math.floor(index / 36) * 51;
  }
  return palette;
}

type PixelWriter = (row: Buffer, x: number, red: number, green: number, blue: number) => void;

const cubeIndex = (red: number, green: number, blue: number) =>
  Math.round(red / 51) * 36 + Math.round(green / 51) * 6 + Math.round(blue / 51);
const luma = (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue;

const WRITERS: Readonly<Record<number, PixelWriter>> = {
  24: (row, x, red, green, blue) => row.set([blue, green, red], x * 3),
  32: (row, x, red, green, blue) => row.set([blue, green, red, 255], x * 4),
  555: (row, x, red, green, blue) =>
    void row.writeUInt16LE(((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3), x * 2),
  565: (row, x, red, green, blue) =>
    void row.writeUInt16LE(((red >> 3) << 11) | ((green >> 2) << 5) | (blue >> 3), x * 2),
  8: (row, x, red, green, blue) => void row.writeUInt8(cubeIndex(red, green, blue), x),
  4: (row, x, red, green, blue) => {
    const level = Math.round(luma(red, green, blue) / 17);
    row[x >> 1] = (row[x >> 1] ?? 0) | (x % 2 === 0 ? level << 4 : level);
  },
  1: (row, x, red, green, blue) => {
    if (luma(red, green, blue) > 127) row[x >> 3] = (row[x >> 3] ?? 0) | (0x80 >> (x & 7));
  },
};

function rowsOf(pixels: Pixels, bits: number, writer: PixelWriter, topDown: boolean): Buffer {
  const stride = Math.ceil((pixels.width * bits) / 32) * 4;
  const rows: Buffer[] = [];
  for (let y = 0; y < pixels.height; y++) {
    const row = Buffer.alloc(stride);
    for (let x = 0; x < pixels.width; x++) {
      const at = (y * pixels.width + x) * 3;
      writer(row, x, pixels.data[at] ?? 0, pixels.data[at + 1] ?? 0, pixels.data[at + 2] ?? 0);
    }
    rows.push(row);
  }
  return Buffer.concat(topDown ? rows : rows.reverse());
}

/** Every pixel as a run of one: the simplest stream that a decoder of BI_RLE8 has to read. */
function encodeRuns(rows: Buffer, width: number): Buffer {
  const stride = Math.ceil(width / 4) * 4;
  const runs: number[] = [];
  for (let at = 0; at < rows.length; at += stride) {
    for (let x = 0; x < width; x++) runs.push(1, rows[at + x] ?? 0);
    runs.push(0, 0);
  }
  runs.push(0, 1);
  return Buffer.from(runs);
}

function grayPalette(levels: number): Buffer {
  const step = 255 / (levels - 1);
  return Buffer.concat(
    Array.from({ length: levels }, (_, level) => {
      const gray = Math.round(level * step);
      return Buffer.from([gray, gray, gray, 0]);
    }),
  );
}

/** 12-byte header of OS/2 1.x, sizes as 16-bit numbers. */
function os2Header(pixels: Pixels): Buffer {
  const data = Buffer.alloc(12);
  data.writeUInt32LE(12, 0);
  data.writeUInt16LE(pixels.width, 4);
  data.writeUInt16LE(pixels.height, 6);
  data.writeUInt16LE(1, 8);
  data.writeUInt16LE(24, 10);
  return data;
}

function masks(...values: number[]): Buffer {
  const table = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) table.writeUInt32LE(value, index * 4);
  return table;
}

/** Writes an image as a bitmap of the given kind. */
export function makeBmp(pixels: Pixels, kind: BmpKind): Buffer {
  const { width, height } = pixels;
  const none = Buffer.alloc(0);
  const rows = (bits: number, writer: number, topDown = false) =>
    rowsOf(pixels, bits, WRITERS[writer] as PixelWriter, topDown);
  switch (kind) {
    case '24':
      return assembleBmp(infoHeader({ width, height, bits: 24 }), none, rows(24, 24));
    case '24-top-down':
      return assembleBmp(infoHeader({ width, height: -height, bits: 24 }), none, rows(24, 24, true));
    case '32':
      return assembleBmp(infoHeader({ width, height, bits: 32 }), none, rows(32, 32));
    case '16-555':
      return assembleBmp(infoHeader({ width, height, bits: 16 }), none, rows(16, 555));
    case '16-565': {
      const info = infoHeader({ width, height, bits: 16, compression: 3 });
      return assembleBmp(info, masks(0xf800, 0x07e0, 0x001f), rows(16, 565));
    }
    case '8':
      return assembleBmp(infoHeader({ width, height, bits: 8 }), cubePalette(), rows(8, 8));
    case '8-rle': {
      const info = infoHeader({ width, height, bits: 8, compression: 1 });
      return assembleBmp(info, cubePalette(), encodeRuns(rows(8, 8), width));
    }
    case '4':
      return assembleBmp(infoHeader({ width, height, bits: 4 }), grayPalette(16), rows(4, 4));
    case '1':
      return assembleBmp(infoHeader({ width, height, bits: 1 }), grayPalette(2), rows(1, 1));
    case 'os2-24':
      return assembleBmp(os2Header(pixels), none, rows(24, 24));
  }
}
