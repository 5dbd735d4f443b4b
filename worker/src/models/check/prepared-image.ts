/** What a network is shown, as an image file that a person can look at. */
import sharp from 'sharp';
import type { Pixels } from '../../imaging/image-reader.js';

/**
 * Writes prepared pixels as a PNG.
 * @param pixels `[height, width, channels]`, levels from 0 to 255; RGB or gray
 */
export async function writePrepared(
  file: string,
  pixels: Pixels,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<void> {
  const channels = pixels.length === width * height ? 1 : 3;
  const levels = Uint8ClampedArray.from(pixels); // rounds, and clips what bicubic filters overshoot
  await sharp(levels, { raw: { width, height, channels } }).png().toFile(file);
}
