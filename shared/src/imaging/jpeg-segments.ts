/** The segments of a JPEG's header. Source: ITU-T T.81, annex B. */

export const SOS = 0xda;
export const EOI = 0xd9;
export const APP1 = 0xe1;
export const APP2 = 0xe2;

/** A marker and what belongs to it. */
export interface JpegSegment {
  readonly marker: number;
  /** Where its content begins, after marker and length. */
  readonly start: number;
  /** Where its content ends, which may be beyond the bytes at hand. */
  readonly end: number;
}

/** Start of frame: C0 to CF, less the three that mean something else. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Markers that stand alone, without a length. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** The next marker's place, past whatever stray or fill bytes come before it, or -1. */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && (bytes[at + 1] === 0xff || bytes[at + 1] === 0)) at = bytes.indexOf(0xff, at + 1);
  return at;
}

/**
 * Walks from segment to segment, up to and including the one that begins the image data.
 * @param bytes the file's beginning
 */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  let at = nextMarker(bytes, 2);
  while (at >= 0 && at + 4 <= bytes.length) {
    const marker = bytes[at + 1] as number;
    if (isBare(marker)) {
      at = nextMarker(bytes, at + 2);
      continue;
    }
    const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    const end = at + 2 + Math.max(2, length);
    yield { marker, start: at + 4, end };
    if (marker === SOS || marker === EOI) return;
    at = nextMarker(bytes, end);
  }
}
