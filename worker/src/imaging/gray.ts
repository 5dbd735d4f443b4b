import type { Raster } from '@scry/shared/imaging/resample/raster';

/** Weights of red, green and blue in 65536ths. */
const [RED, GREEN, BLUE] = [19595, 38470, 7471] as const;

/**
 * RGB to one channel as Pillow and OpenCV do it, so that a model sees what it was trained on: ITU-R BT.601 luma of the
 * levels as they are. libvips' own gray is luminance in linear light, which differs by up to 70 levels (pure green).
 */
export function toGray({ data, width, height, channels }: Raster): Raster {
  const gray = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < gray.length; pixel++, at += channels) {
    const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
    gray[pixel] = (red * RED + green * GREEN + blue * BLUE + 0x8000) >> 16;
  }
  return { data: gray, width, height, channels: 1 };
}
