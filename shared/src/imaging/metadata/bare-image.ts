/**
 * What decoders are given: images without the metadata that they do not need. Decoders unfold text, Exif and profiles
 * before any limit on pixels applies (900 compressed texts of a PNG of 6.9 MB took 3.3 GB), and nobody here reads them.
 */
import type { ImageFormat } from '../../contracts/prediction.js';
import { bareGif } from './gif.js';
import { bareHeif } from './heif.js';
import { bareJpeg } from './jpeg.js';
import { barePng } from './png.js';
import { bareTiff } from './tiff.js';
import { bareWebp } from './webp.js';

const BARE: Readonly<Record<ImageFormat, (bytes: Buffer) => Buffer>> = {
  jpeg: bareJpeg,
  png: barePng,
  webp: bareWebp,
  gif: bareGif,
  tiff: bareTiff,
  avif: bareHeif,
  heic: bareHeif,
  bmp: (bytes) => bytes, // has none
};

/**
 * The same image: pixels, orientation and a colour profile of 4 MiB at the most. Metadata is passed over by its length,
 * never unfolded or copied, so this costs as much memory as the file, once, and only where there is something to leave out.
 * @param bytes the whole file; not changed
 * @returns `bytes` itself when there is nothing to leave out
 */
export function bareImage(bytes: Buffer, format: ImageFormat): Buffer {
  return BARE[format](bytes);
}
