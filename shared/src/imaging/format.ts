/** Tells what an image is by its first bytes, never by its name or by what the client says it is. */
import type { ImageFormat } from '../contracts/prediction.js';

/** Bytes that are enough to tell the format. */
export const FORMAT_BYTES = 64;

const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs'];
const AVIF_BRANDS = ['avif', 'avis'];
/** Brands that say only "a still image" or "a sequence": the compatible brands tell which. */
const GENERAL_BRANDS = ['mif1', 'mif2', 'msf1', 'miaf'];

const text = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** ISO/IEC 14496-12 file type box: size, "ftyp", major brand, minor version, compatible brands. */
function heifFormat(bytes: Uint8Array): ImageFormat | null {
  const size = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= Math.min(size, bytes.length); at += 4) brands.push(text(bytes, at, at + 4));
  const major = brands[0] ?? '';
  if (AVIF_BRANDS.includes(major)) return 'avif';
  if (HEIC_BRANDS.includes(major)) return 'heic';
  if (!GENERAL_BRANDS.includes(major)) return null;
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return 'avif';
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? 'heic' : null;
}

/**
 * The format of an image, or null when it is none of those that Scry reads.
 * @param head the file's first bytes, `FORMAT_BYTES` or more
 */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (text(head, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  const start = text(head, 0, 4);
  if (start === 'GIF8') return 'gif';
  if (start === 'RIFF' && text(head, 8, 12) === 'WEBP') return 'webp';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(start)) return 'tiff';
  if (text(head, 4, 8) === 'ftyp') return heifFormat(head);
  // A two-letter mark alone would take any text that begins with "BM": the header's size must be one that exists.
  if (start.startsWith('BM') && [12, 16, 40, 52, 56, 64, 108, 124].includes(head[14] ?? 0)) return 'bmp';
  return null;
}
