/**
 * Decoding and preparing images exactly as a manifest says.
 *
 * What every image goes through, whatever its format: turned upright (EXIF), first frame, embedded colour profile
 * and CMYK to sRGB, 16 bits to 8, transparency laid on white (as pages show it), resized, to RGB or gray.
 * The steps are one libvips pipeline, so pixels are decoded once and JPEGs are shrunk while they are read.
 */
import { readFile } from 'node:fs/promises';
import type { ImageFormat, PredictionError } from '@scry/shared/contracts/prediction';
import { CodecDecoder } from '@scry/shared/imaging/codecs/decoder';
import { imageFormat } from '@scry/shared/imaging/format';
import { bareImage } from '@scry/shared/imaging/metadata/bare-image';
import { imageSize } from 'image-size';
import sharp, { type FitEnum, type KernelEnum, type Sharp, type SharpOptions } from 'sharp';
import { decodingFailure, failures, type ImageLimits } from './failures.js';
import { type ImageInput, place, type Raster, toInputSize } from './fit.js';
import type { Geometry } from './geometry.js';
import { toGray } from './gray.js';
import { isStandardRgb } from './profile.js';

export type { ImageLimits } from './failures.js';
export type { ImageInput } from './fit.js';

export interface PreparedImage {
  /** Interleaved rows, `[height, width, 3]` RGB (also for bgr) or `[height, width]` gray; owns its ArrayBuffer. */
  readonly pixels: Uint8Array;
  readonly geometry: Geometry;
}

/** How preparing ended; milliseconds from reading the file to the pixels. */
export type Preparation =
  | { readonly ok: true; readonly image: PreparedImage; readonly decodeMs: number }
  | { readonly ok: false; readonly error: PredictionError; readonly decodeMs: number };

const KERNELS = { bilinear: 'linear', bicubic: 'cubic', nearest: 'nearest' } as const satisfies Record<
  ImageInput['filter'],
  keyof KernelEnum
>;
const FITS = { stretch: 'fill', contain: 'inside', cover: 'outside' } as const satisfies Record<
  ImageInput['resize'],
  keyof FitEnum
>;

/** A longer image is cut by libvips: scaled whole, a strip one pixel wide would fill the memory. */
const LONGEST_SCALED_WHOLE = 8;

/**
 * Sets libvips up for a server. Once per process, before the first image.
 * No cache, since images differ; one thread per image, since images come in numbers (UV_THREADPOOL_SIZE of
 * them at a time); and only the loaders of formats that Scry reads, whatever the bytes look like to libvips.
 */
export function configureSharp(): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'];
  sharp.unblock({ operation: loaders.map((name) => `VipsForeignLoad${name}`) });
}

/** Reads and prepares stored images. Owns the thread for formats that libvips does not read. */
export class ImageReader {
  readonly #limits: ImageLimits;
  readonly #foreign = new CodecDecoder();

  constructor(limits: ImageLimits) {
    this.#limits = limits;
  }

  /**
   * Prepares one image for one model.
   * @param file path of the stored image
   * @throws what the file system says; everything wrong with the image itself is a value
   */
  async prepare(file: string, input: ImageInput): Promise<Preparation> {
    const start = performance.now();
    const prepared = await this.#prepare(await readFile(file), input);
    const decodeMs = performance.now() - start;
    return 'pixels' in prepared
      ? { ok: true, image: prepared, decodeMs }
      : { ok: false, error: prepared, decodeMs };
  }

  async close(): Promise<void> {
    await this.#foreign.close();
  }

  async #prepare(bytes: Buffer, input: ImageInput): Promise<PreparedImage | PredictionError> {
    if (bytes.length === 0) return failures.empty();
    const format = imageFormat(bytes);
    if (!format) return failures.format();
    try {
      const source = await this.#open(bareImage(bytes, format), format);
      return 'code' in source ? source : await render(source, input, this.#limits);
    } catch (error) {
      return decodingFailure(error, format, this.#limits);
    }
  }

  async #open(bytes: Buffer, format: ImageFormat): Promise<Source | PredictionError> {
    if (format === 'bmp' || format === 'heic') return this.#openWithCodec(bytes, format);
    const options: SharpOptions = {
      autoOrient: true,
      failOn: 'truncated', // what is cut short fails; the harmless oddities that cameras write do not
      limitInputPixels: this.#limits.maxPixels,
      ignoreIcc: format === 'jpeg' && isStandardRgb(bytes),
    };
    return vipsSource(bytes, format, options);
  }

  async #openWithCodec(bytes: Buffer, format: 'bmp' | 'heic'): Promise<Source | PredictionError> {
    const { maxPixels, timeoutS } = this.#limits;
    // A copy, since small files are read into Node's shared buffer pool, which cannot be transferred.
    const decoded = await this.#foreign.decode({ format, bytes: new Uint8Array(bytes), maxPixels }, timeoutS);
    if (decoded === 'timeout') return failures.time(this.#limits);
    if ('problem' in decoded) return failures.pixels(this.#limits);
    const { data, ...size } = decoded;
    return {
      open: () => sharp(data, { raw: { ...size, channels: 4 }, limitInputPixels: maxPixels }),
      size: async () => size,
      elongation: async () => elongated(size),
    };
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** An image that can be opened, once its format is known. */
interface Source {
  open(): Sharp;
  /** As a person sees it. */
  size(): Promise<Size>;
  /** Longer side by shorter side. */
  elongation(): Promise<number>;
}

const elongated = ({ width, height }: Size): number => Math.max(width / height, height / width);

function vipsSource(bytes: Buffer, format: ImageFormat, options: SharpOptions): Source {
  const open = () => sharp(bytes, options);
  const size = async () => (await open().metadata()).autoOrient;
  return {
    open,
    size,
    elongation: async () => elongated((format === 'jpeg' ? jpegFrame(bytes) : null) ?? (await size())),
  };
}

/** A guard against strips needs no more than a JPEG's frame header: 0.005 ms, where libvips takes 0.14 ms to open it. */
function jpegFrame(bytes: Buffer): Size | null {
  try {
    return imageSize(bytes);
  } catch {
    return null; // whether it is broken is for libvips to say
  }
}

async function render(source: Source, input: ImageInput, limits: ImageLimits): Promise<PreparedImage> {
  const { width, height, resize } = input;
  const strip = resize === 'cover' && (await source.elongation()) > LONGEST_SCALED_WHOLE;
  const { data, info } = await source
    .open()
    .timeout({ seconds: limits.timeoutS })
    .flatten({ background: '#ffffff' })
    .resize({ width, height, fit: strip ? 'cover' : FITS[resize], kernel: KERNELS[input.filter] })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true }); // sharp 0.35.5 never frees what its `toUint8Array` has copied
  const scaled: Raster = { data, width: info.width, height: info.height, channels: info.channels };
  const fitted = toInputSize(input.channels === 'gray' ? toGray(scaled) : scaled, input);
  return strip ? { ...fitted, geometry: covering(await source.size(), input) } : fitted;
}

/** Where an image lies that libvips scaled and cut in one go. */
function covering(size: Size, input: ImageInput): Geometry {
  const scale = Math.max(input.width / size.width, input.height / size.height);
  return place(Math.round(size.width * scale), Math.round(size.height * scale), input);
}
