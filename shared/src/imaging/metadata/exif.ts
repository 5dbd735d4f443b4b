/** The one thing in Exif that an image needs: how it lies. Sources: CIPA DC-008 (Exif), TIFF 6.0. */

/** 1 to 8; from 5 on width and height change places. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 0x0112;
const SHORT = 3;
const HEADER = 'Exif\0\0';

/**
 * The orientation that Exif holds, without looking at anything else in it.
 * @param exif with or without the "Exif\0\0" that JPEG puts before it
 * @returns 1 when it holds none, or none that exists
 */
export function exifOrientation(exif: Buffer): Orientation {
  const tiff = exif.toString('latin1', 0, HEADER.length) === HEADER ? exif.subarray(HEADER.length) : exif;
  if (tiff.length < 8) return 1;
  const order = tiff.readUInt16BE(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return 1;
  const entries = short(directory);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > tiff.length) return 1;
    if (short(entry) !== TAG) continue;
    const value = short(entry + 8);
    return short(entry + 2) === SHORT && value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** Exif that says how an image lies and nothing else, without "Exif\0\0". */
export function makeExif(orientation: Orientation): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('MM\0*\0\0\0\x08\0\x01', 'latin1');
  tiff.writeUInt16BE(TAG, 10);
  tiff.writeUInt16BE(SHORT, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}

/** Exif as JPEG wraps it. */
export function makeJpegExif(orientation: Orientation): Buffer {
  return Buffer.concat([Buffer.from(HEADER, 'latin1'), makeExif(orientation)]);
}
