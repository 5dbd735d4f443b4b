/** Opens stored pictures for drawing: upright, in color, opaque. */
import type { ImageInfo } from '@scry/shared/prediction';
import type { PictureStorage } from '@scry/shared/storage';
import sharp, { type Sharp } from 'sharp';

export interface OpenLimits {
  readonly maxPixels: number;
  /** Longest that decoding and drawing may take, seconds. */
  readonly timeoutS: number;
}

/** What libvips may load here: the formats that are accepted, and the SVG that is drawn over them. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif', 'Svg'];

/** Sets libvips up for a server; once per process. Requests come in numbers, so each gets one thread and no cache. */
export function configureSharp(): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS.map((name) => `VipsForeignLoad${name}`) });
}

/** Opens a picture. Nothing is read before the pipeline runs; what is damaged is shown as far as it goes. */
export async function openPicture(
  storage: PictureStorage,
  { sha256 }: ImageInfo,
  limits: OpenLimits,
): Promise<Sharp> {
  return sharp(storage.path(sha256), { autoOrient: true, failOn: 'none', limitInputPixels: limits.maxPixels })
    .timeout({ seconds: limits.timeoutS })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb');
}
