/** Size and orientation from a JPEG's header. Sources: ITU-T T.81 annex B (markers), CIPA DC-008 (Exif), TIFF 6.0. */

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const SOS = 0xda;
const EOI = 0xd9;
const APP1 = 0xe1;
const ORIENTATION = 0x0112;
const SHORT = 3;

/** Start of frame: C0 to CF, less the three that mean something else. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Markers that stand alone, without a length. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** Swaps the sides of a picture that lies on its side. */
function turned({ width, height }: PictureSize, onItsSide: boolean): PictureSize {
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

/** The next marker's place, past whatever stray or fill bytes come before it, or -1. */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && (bytes[at + 1] === 0xff || bytes[at + 1] === 0)) at = bytes.indexOf(0xff, at + 1);
  return at;
}

/**
 * Width and height as a person sees the picture.
 * @param bytes the file's beginning
 * @returns null when the header does not end within `bytes`
 * @throws Error when picture data begins before any size was told
 */
export function jpegHeader(bytes: Uint8Array): PictureSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let turn: number | null = null;
  for (let at = nextMarker(bytes, 2); at >= 0; at = nextMarker(bytes, at)) {
    if (at + 4 > bytes.length) return null;
    const marker = view.getUint8(at + 1);
    if (marker === SOS || marker === EOI) throw new Error('no frame header before the picture data');
    if (isBare(marker)) {
      at += 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (isFrame(marker)) {
      if (at + 9 > bytes.length) return null;
      const size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
      return turned(size, (turn ?? 1) >= 5);
    }
    const end = at + 2 + Math.max(2, length);
    if (marker === APP1 && turn === null && end <= bytes.length) {
      const found = orientation(new DataView(bytes.buffer, bytes.byteOffset + at + 4, end - at - 4));
      if (found !== 1) turn = found;
    }
    at = end;
  }
  return null;
}
