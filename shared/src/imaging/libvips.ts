/** libvips, set up for a server. What it may load is a matter of security: uploads come from strangers. */
import sharp from 'sharp';

/** Loaders of the formats that are accepted. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'] as const;

/**
 * Sets libvips up. Once per process, before the first image. No cache, since images differ; one thread per image, since
 * images come in numbers (UV_THREADPOOL_SIZE of them at a time); and only the loaders of formats that Scry reads, whatever
 * the bytes look like to libvips.
 * @param more loaders for what the process itself makes, such as SVG to draw over images
 */
export function configureSharp(more: readonly 'Svg'[] = []): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: [...LOADERS, ...more].map((name) => `VipsForeignLoad${name}`) });
}
