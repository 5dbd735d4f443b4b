/**
 * Opening images with libvips. What every image goes through, whatever its format: turned upright (EXIF), first frame,
 * CMYK to sRGB, 16 bits to 8, transparency laid on white (as pages show it).
 */
import type { ImageFormat } from '@scry/shared/contracts/prediction';
import type { Raster } from '@scry/shared/imaging/resample/raster';
import sharp, { type Sharp } from 'sharp';
import type { ImageLimits } from './failures.js';
import { isCmyk, isStandardRgb } from './profile.js';

/** RGBA as a codec other than libvips gave it. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A longer side is brought to this by libvips first: weights for every pixel of it would fill the memory. */
const LONGEST_EXACT = 65_535;

/**
 * What is done with an embedded colour profile: `converted` to sRGB, as pages show the image; or `ignored`, as training
 * libraries do, which take the levels of the file as they are.
 */
export type Profile = 'converted' | 'ignored';

/** A stored file that libvips reads. Nothing is read yet. */
export function openEncoded(
  bytes: Buffer,
  format: ImageFormat,
  profile: Profile,
  { maxPixels }: ImageLimits,
): Sharp {
  return sharp(bytes, {
    autoOrient: true,
    failOn: 'truncated', // what is cut short fails; the harmless oddities that cameras write do not
    limitInputPixels: maxPixels,
    ignoreIcc: profile === 'ignored' ? !isCmykJpeg(bytes, format) : format === 'jpeg' && isStandardRgb(bytes),
  });
}

/** CMYK says nothing without its profile. */
const isCmykJpeg = (bytes: Buffer, format: ImageFormat) => format === 'jpeg' && isCmyk(bytes);

export function openRaw({ data, width, height }: RawImage, { maxPixels }: ImageLimits): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: maxPixels });
}

/**
 * Decodes the whole image: a JPEG is not shrunk while it is read, so that its pixels are those of Pillow and OpenCV.
 * @throws what sharp says of a damaged image, or of one that takes too long
 */
export async function decodeWhole(image: Sharp, { timeoutS }: ImageLimits): Promise<Raster> {
  const decoded = await image
    .timeout({ seconds: timeoutS })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = decoded.info;
  const channels = decoded.info.channels as 3;
  if (Math.max(width, height) <= LONGEST_EXACT) return { data: decoded.data, width, height, channels };
  const size = { width: Math.min(width, LONGEST_EXACT), height: Math.min(height, LONGEST_EXACT) };
  const data = await sharp(decoded.data, { raw: { width, height, channels } })
    .resize({ ...size, fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  return { data, ...size, channels };
}
