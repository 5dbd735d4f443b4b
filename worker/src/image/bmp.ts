/** The header of a BMP file: what must be known before the library may decode it. Source: Microsoft, wingdi.h. */

export interface BmpLayout {
  readonly width: number;
  readonly height: number;
  /** True when the file says that one channel is opacity. */
  readonly alpha: boolean;
  /** The file with nothing between its palette and its pixels: the library takes them for neighbours. */
  readonly compact: Buffer;
}

const FILE_HEADER = 14;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;
const V2_HEADER = 52;
const V3_HEADER = 56;
/** Header sizes that the library reads. */
const HEADERS = [40, V2_HEADER, V3_HEADER, 108, 124];

/**
 * Reads the header.
 * @throws Error naming what is wrong or not read
 */
export function bmpLayout(file: Buffer): BmpLayout {
  if (file.length < FILE_HEADER + 40) throw new Error('the header is cut short');
  const pixels = file.readUInt32LE(10);
  const header = file.readUInt32LE(14);
  const width = file.readInt32LE(18);
  const height = Math.abs(file.readInt32LE(22));
  const depth = file.readUInt16LE(28);
  const compression = file.readUInt32LE(30);
  const colors = file.readUInt32LE(46);
  const problem = unreadable({ header, width, height, depth, compression, colors });
  if (problem) throw new Error(problem);

  const palette = depth <= 8 || colors > 0 ? 4 * (colors === 0 ? 2 ** depth : colors) : 0;
  const expected = FILE_HEADER + header + maskBytes(header, compression) + palette;
  const rows = Math.ceil((width * depth) / 32) * 4 * height;
  if (pixels < expected || pixels + rows > file.length) throw new Error('pixels are missing');
  const hasAlphaMask = header >= V3_HEADER || compression === ALPHA_BIT_FIELDS;
  const alpha = depth === 32 && hasAlphaMask && file.readUInt32LE(66) !== 0;
  const compact =
    pixels === expected ? file : Buffer.concat([file.subarray(0, expected), file.subarray(pixels)]);
  return { width, height, alpha, compact };
}

/** Colour masks that follow the smallest header; larger ones hold them. */
function maskBytes(header: number, compression: number): number {
  if (header >= V2_HEADER) return 0;
  if (compression === BIT_FIELDS) return 12;
  return compression === ALPHA_BIT_FIELDS ? 16 : 0;
}

interface Header {
  readonly header: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly compression: number;
  readonly colors: number;
}

function unreadable({ header, width, height, depth, compression, colors }: Header): string | null {
  if (!HEADERS.includes(header)) return `headers of ${header} bytes are not read; save it as PNG`;
  if (width <= 0 || height === 0) return 'the size is not positive';
  if (![0, BIT_FIELDS, ALPHA_BIT_FIELDS].includes(compression))
    return 'compressed BMP is not read; save it as PNG or without compression';
  if (![1, 4, 8, 16, 24, 32].includes(depth)) return `${depth} bits per pixel do not exist`;
  return colors > 256 ? `a palette of ${colors} colours does not exist` : null;
}
