/** Size and orientation from a JPEG's header. Sources: ITU-T T.81 annex B (frames), CIPA DC-008 (Exif), TIFF 6.0. */
import { APP1, EOI, isFrame, jpegSegments, SOS } from '@scry/shared/imaging/jpeg-segments';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const ORIENTATION = 0x0112;
const SHORT = 3;

/** Swaps the sides of an image that lies on its side. */
function turned({ width, height }: ImageSize, onItsSide: boolean): ImageSize {
  return onItsSide ? { width: height, height: width } : { width, height };
}

/** Exif orientation, 1 to 8, from an APP1 segment's content; 1 when it holds none. */
function orientation(segment: DataView): number {
  if (segment.byteLength < 14 || segment.getUint32(0) !== 0x45786966) return 1; // "Exif"
  const tiff = 6;
  const little = segment.getUint16(tiff) === 0x4949;
  const directory = tiff + segment.getUint32(tiff + 4, little);
  if (directory + 2 > segment.byteLength) return 1;
  const entries = segment.getUint16(directory, little);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > segment.byteLength) return 1;
    if (segment.getUint16(entry, little) !== ORIENTATION) continue;
    const value = segment.getUint16(entry + 8, little);
    return segment.getUint16(entry + 2, little) === SHORT && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/**
 * Width and height as a person sees the image.
 * @param bytes the file's beginning
 * @returns null when the header does not end within `bytes`
 * @throws Error when image data begins before any size was told
 */
export function jpegHeader(bytes: Uint8Array): ImageSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let turn: number | null = null;
  for (const { marker, start, end } of jpegSegments(bytes)) {
    if (marker === SOS || marker === EOI) throw new Error('no frame header before the image data');
    if (isFrame(marker)) {
      if (start + 5 > bytes.length) return null;
      const size = { height: view.getUint16(start + 1), width: view.getUint16(start + 3) };
      return turned(size, (turn ?? 1) >= 5);
    }
    if (marker === APP1 && turn === null && end <= bytes.length) {
      const found = orientation(new DataView(bytes.buffer, bytes.byteOffset + start, end - start));
      if (found !== 1) turn = found;
    }
  }
  return null;
}
