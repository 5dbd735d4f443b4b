/** The fast way: libvips decodes and scales in one pipeline, so that pixels are decoded once and JPEGs shrunk meanwhile. */
import type { FastFilter } from '@scry/shared/imaging/resample/libraries';
import { sizeBeforeCrop } from '@scry/shared/imaging/resample/placement';
import type { Raster } from '@scry/shared/imaging/resample/raster';
import type { FitEnum, KernelEnum, Sharp } from 'sharp';
import type { ImageLimits } from './failures.js';
import { type Fitted, type ImageInput, place, toInputSize } from './fit.js';
import type { Geometry } from './geometry.js';
import { toGray } from './gray.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

const KERNELS = { bilinear: 'linear', bicubic: 'cubic', nearest: 'nearest' } as const satisfies Record<
  FastFilter,
  keyof KernelEnum
>;
const FITS = {
  stretch: 'fill',
  contain: 'inside',
  cover: 'outside',
  fit: 'outside',
} as const satisfies Record<ImageInput['resize'], keyof FitEnum>;

/** A longer image is cut by libvips: scaled whole, a strip one pixel wide would fill the memory. */
const LONGEST_SCALED_WHOLE = 8;

/** True when an image may grow on any axis. As it may yet be turned upright, both ways of holding it count. */
export function enlarges({ width, height }: Size, input: ImageInput): boolean {
  return grows(width, height, input) || grows(height, width, input);
}

function grows(width: number, height: number, input: ImageInput): boolean {
  const target = scaledSize(input);
  const across = target.width / width;
  const down = target.height / height;
  return input.resize === 'contain' ? Math.min(across, down) > 1 : Math.max(across, down) > 1;
}

/** What an image is scaled to fill or to fit in. */
const scaledSize = (input: ImageInput): Size => (input.resize === 'cover' ? sizeBeforeCrop(input) : input);

/**
 * Decodes, scales and cuts or pads.
 * @param open opens the image; called more than once
 * @param size as stored
 * @throws what sharp says of a damaged image, or of one that takes too long
 */
export async function renderFast(
  open: () => Sharp,
  size: Size,
  input: ImageInput,
  limits: ImageLimits,
): Promise<Fitted> {
  const { width, height } = scaledSize(input);
  const elongation = Math.max(size.width / size.height, size.height / size.width);
  const fills = input.resize === 'cover' || input.resize === 'fit';
  const strip = fills && elongation > LONGEST_SCALED_WHOLE;
  const { data, info } = await open()
    .timeout({ seconds: limits.timeoutS })
    .flatten({ background: '#ffffff' })
    .resize({
      width,
      height,
      fit: strip ? 'cover' : FITS[input.resize],
      kernel: KERNELS[input.filter as FastFilter],
    })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true }); // sharp 0.35.5 never frees what its `toUint8Array` has copied
  const scaled: Raster = { data, width: info.width, height: info.height, channels: info.channels };
  const fitted = toInputSize(input.channels === 'gray' ? toGray(scaled) : scaled, input);
  if (!strip) return fitted;
  return { ...fitted, geometry: covering((await open().metadata()).autoOrient, input) };
}

/** Where an image lies that libvips scaled and cut in one go. */
function covering(upright: Size, input: ImageInput): Geometry {
  const target = scaledSize(input);
  const scale = Math.max(target.width / upright.width, target.height / upright.height);
  return place(Math.round(upright.width * scale), Math.round(upright.height * scale), input);
}
