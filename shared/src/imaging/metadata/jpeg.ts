/** JPEG without metadata. Sources: ITU-T T.81 annex B, ICC.1:2022 annex B.4, Adobe TN 5116 (APP14). */
import {
  APP1,
  EOI,
  isFrame,
  type JpegSegment,
  jpegSegments,
  APP2 as PROFILE,
  SOS,
} from '../jpeg-segments.js';
import { exifOrientation, makeJpegExif, type Orientation } from './exif.js';
import { Parts } from './parts.js';
import { LARGEST_PROFILE } from './profile-limit.js';

const APP0 = 0xe0;
const APP14 = 0xee;
const COMMENT = 0xfe;
/** Marker and length before a segment's content. */
const MARKER_BYTES = 4;
/** What begins the segments that say how colours are stored, and those of the profile. */
const KEPT: ReadonlyMap<number, string> = new Map([
  [APP0, 'JFIF\0'],
  [APP14, 'Adobe'],
  [PROFILE, 'ICC_PROFILE\0'],
]);

const isMetadata = (marker: number) => (marker >= APP0 && marker <= 0xef) || marker === COMMENT;

function beginsWith(bytes: Buffer, { start, end }: JpegSegment, text: string): boolean {
  return end - start >= text.length && bytes.toString('latin1', start, start + text.length) === text;
}

/** How a JPEG lies: the first Exif that says something else than upright. */
function orientationIn(bytes: Buffer, segment: JpegSegment): Orientation {
  const { marker, start, end } = segment;
  if (marker !== APP1 || end > bytes.length || !beginsWith(bytes, segment, 'Exif\0\0')) return 1;
  return exifOrientation(bytes.subarray(start, end));
}

export interface JpegHeader {
  /** As stored. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
}

/**
 * Size and orientation.
 * @param bytes the file's beginning
 * @returns null when the header does not end within `bytes`
 * @throws Error when image data begins before any size was told
 */
export function jpegHeader(bytes: Buffer): JpegHeader | null {
  let orientation: Orientation = 1;
  for (const segment of jpegSegments(bytes)) {
    const { marker, start } = segment;
    if (marker === SOS || marker === EOI) throw new Error('no frame header before the image data');
    if (isFrame(marker)) {
      if (start + 5 > bytes.length) return null;
      const [height, width] = [bytes.readUInt16BE(start + 1), bytes.readUInt16BE(start + 3)];
      return { width, height, orientation };
    }
    if (orientation === 1) orientation = orientationIn(bytes, segment);
  }
  return null;
}

/** The same image with its profile and its orientation, and nothing else beside the pixels. */
export function bareJpeg(bytes: Buffer): Buffer {
  return bare(bytes, LARGEST_PROFILE) ?? (bare(bytes, 0) as Buffer);
}

/** Whether a segment begins as one of its kind does that decoding needs, and is the first of them or part of the profile. */
function isNeeded(bytes: Buffer, segment: JpegSegment, kept: ReadonlySet<number>): boolean {
  const { marker } = segment;
  const text = KEPT.get(marker);
  if (text === undefined || (marker !== PROFILE && kept.has(marker))) return false;
  return beginsWith(bytes, segment, text);
}

/** @returns null when the profile turns out to be larger than it may be, unless none is kept at all */
function bare(bytes: Buffer, largestProfile: number): Buffer | null {
  const parts = new Parts(bytes);
  const kept = new Set<number>();
  let orientation: Orientation = 1;
  let profileBytes = 0;
  for (const segment of jpegSegments(bytes)) {
    const { marker, start, end } = segment;
    if (end > bytes.length) break; // cut short: for the decoder to say
    if (!isMetadata(marker)) continue;
    if (orientation === 1) orientation = orientationIn(bytes, segment);
    if (!isNeeded(bytes, segment, kept) || (marker === PROFILE && largestProfile === 0)) {
      parts.drop(start - MARKER_BYTES, end);
      continue;
    }
    kept.add(marker);
    if (marker === PROFILE) profileBytes += end - start;
    if (profileBytes > largestProfile) return null;
  }
  if (orientation !== 1) parts.insert(2, exifSegment(orientation));
  return parts.join();
}

function exifSegment(orientation: Orientation): Buffer {
  const exif = makeJpegExif(orientation);
  const head = Buffer.from([0xff, APP1, 0, exif.length + 2]);
  return Buffer.concat([head, exif]);
}
