/** Tells a picture's format by its first bytes. Names and declared types are never believed. */
import type { ImageFormat } from './prediction.js';

/** Bytes that `imageFormat` may look at. */
export const FORMAT_BYTES = 64;

const text = (bytes: Uint8Array, start: number, end: number) =>
  String.fromCharCode(...bytes.subarray(start, end));
const starts = (bytes: Uint8Array, ...signature: number[]) =>
  signature.every((value, index) => bytes[index] === value);

const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis']);
const AVIF_BRANDS = new Set(['avif', 'avis']);

/** Sizes of the header that follows in a BMP: "BM" alone would take any text that begins so. Source: BITMAPINFOHEADER and kin. */
const BMP_HEADERS = new Set([12, 40, 52, 56, 64, 108, 124]);

/** Brands of an ISO media file, the major one first. Source: ISO/IEC 14496-12, ftyp. */
function brands(bytes: Uint8Array): string[] {
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const found = [text(bytes, 8, 12)];
  for (let at = 16; at + 4 <= Math.min(size, bytes.length, FORMAT_BYTES); at += 4)
    found.push(text(bytes, at, at + 4));
  return found;
}

/** The format that a file begins like, or null when it is none that is accepted. */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  if (starts(head, 0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (/^GIF8[79]a$/.test(text(head, 0, 6))) return 'gif';
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === 'WEBP') return 'webp';
  if (starts(head, 0x49, 0x49, 0x2a, 0) || starts(head, 0x4d, 0x4d, 0, 0x2a)) return 'tiff';
  if (starts(head, 0x49, 0x49, 0x2b, 0) || starts(head, 0x4d, 0x4d, 0, 0x2b)) return 'tiff'; // BigTIFF
  if (text(head, 0, 2) === 'BM' && BMP_HEADERS.has(head[14] ?? 0)) return 'bmp';
  if (head.length >= 16 && text(head, 4, 8) === 'ftyp') {
    const named = brands(head);
    if (named.some((brand) => AVIF_BRANDS.has(brand))) return 'avif';
    if (named.some((brand) => HEIC_BRANDS.has(brand))) return 'heic';
  }
  return null;
}
