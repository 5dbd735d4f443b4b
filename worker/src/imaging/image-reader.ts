/**
 * Reading stored images and preparing them as a manifest says. There are two ways:
 *
 *     fast:  one libvips pipeline, which shrinks JPEGs while it reads them; in libuv's threads
 *     exact: decoded whole, then scaled in the arithmetic of a training library; in threads of their own
 *
 * An image that is smaller than its input takes the second way whatever the manifest says: libvips' bilinear and
 * bicubic kernels shift what they enlarge by half a pixel.
 */
import type { ImageFormat, PredictionError } from '@scry/shared/contracts/prediction';
import { CodecDecoder } from '@scry/shared/imaging/codecs/decoder';
import { imageFormat } from '@scry/shared/imaging/format';
import { bareImage } from '@scry/shared/imaging/metadata/bare-image';
import { imageSize } from 'image-size';
import { openEncoded, openRaw, type RawImage } from './decode.js';
import { ExactDecoder } from './exact-decoder.js';
import { decodingFailure, failures, type ImageLimits } from './failures.js';
import { enlarges, renderFast, type Size } from './fast.js';
import type { ImageInput, Pixels } from './fit.js';
import type { Geometry } from './geometry.js';

export type { ImageLimits } from './failures.js';
export type { ImageInput, Pixels } from './fit.js';

export interface PreparedImage {
  /**
   * Interleaved rows, `[height, width, 3]` RGB (also for bgr) or `[height, width]` gray, levels from 0 to 255; owns its
   * ArrayBuffer. Float32 where the training library does not round.
   */
  readonly pixels: Pixels;
  readonly geometry: Geometry;
}

/** How preparing ended; milliseconds from the call to the pixels. */
export type Preparation =
  | { readonly ok: true; readonly image: PreparedImage; readonly decodeMs: number }
  | { readonly ok: false; readonly error: PredictionError; readonly decodeMs: number };

/** Reads and prepares stored images. Owns the threads for formats that libvips does not read, and for exact scaling. */
export class ImageReader {
  readonly #limits: ImageLimits;
  readonly #codecs = new CodecDecoder();
  readonly #exact: ExactDecoder;

  constructor(limits: ImageLimits) {
    this.#limits = limits;
    this.#exact = new ExactDecoder(limits);
  }

  /**
   * Prepares one image for one model.
   * @param image the stored bytes, on their way: waiting for them counts as decoding
   * @throws what reading them throws; everything wrong with the image itself is a value
   */
  async prepare(image: Promise<Buffer>, input: ImageInput): Promise<Preparation> {
    const start = performance.now();
    const prepared = await this.#prepare(await image, input);
    const decodeMs = performance.now() - start;
    return 'pixels' in prepared
      ? { ok: true, image: prepared, decodeMs }
      : { ok: false, error: prepared, decodeMs };
  }

  async close(): Promise<void> {
    await Promise.all([this.#codecs.close(), this.#exact.close()]);
  }

  async #prepare(bytes: Buffer, input: ImageInput): Promise<PreparedImage | PredictionError> {
    if (bytes.length === 0) return failures.empty();
    const format = imageFormat(bytes);
    if (!format) return failures.format();
    try {
      const bare = bareImage(bytes, format);
      if (format === 'bmp' || format === 'heic') return await this.#prepareRaw(bare, format, input);
      return await this.#prepareEncoded(bare, format, input);
    } catch (error) {
      return decodingFailure(error, format, this.#limits);
    }
  }

  async #prepareEncoded(
    bytes: Buffer,
    format: ImageFormat,
    input: ImageInput,
  ): Promise<PreparedImage | PredictionError> {
    const open = () => openEncoded(bytes, format, 'converted', this.#limits);
    const size = headerSize(bytes, format) ?? (await open().metadata());
    if (input.resample === 'fast' && !enlarges(size, input))
      return renderFast(open, size, input, this.#limits);
    // A copy, since small files are read into Node's shared buffer pool, which cannot be transferred.
    return this.#exactly({ bytes: new Uint8Array(bytes), format }, size, input);
  }

  async #prepareRaw(
    bytes: Buffer,
    format: 'bmp' | 'heic',
    input: ImageInput,
  ): Promise<PreparedImage | PredictionError> {
    const { maxPixels, timeoutS } = this.#limits;
    const decoded = await this.#codecs.decode({ format, bytes: new Uint8Array(bytes), maxPixels }, timeoutS);
    if (decoded === 'timeout') return failures.time(this.#limits);
    if ('problem' in decoded) return failures.pixels(this.#limits);
    const raw: RawImage = decoded;
    if (input.resample === 'fast' && !enlarges(raw, input))
      return renderFast(() => openRaw(raw, this.#limits), raw, input, this.#limits);
    return this.#exactly({ raw }, raw, input);
  }

  async #exactly(
    source: { readonly bytes: Uint8Array; readonly format: ImageFormat } | { readonly raw: RawImage },
    { width, height }: Size,
    input: ImageInput,
  ): Promise<PreparedImage | PredictionError> {
    const prepared = await this.#exact.prepare({ source, input }, width * height);
    return prepared === 'timeout' ? failures.time(this.#limits) : prepared;
  }
}

/** Formats whose size is in their first bytes. */
const WITH_HEADER: ReadonlySet<ImageFormat> = new Set<ImageFormat>(['jpeg', 'png', 'gif']);

/** Width and height as stored, before the image is turned upright: 0.005 ms, where libvips takes 0.14 ms to open a file. */
function headerSize(bytes: Buffer, format: ImageFormat): Size | null {
  if (!WITH_HEADER.has(format)) return null;
  try {
    return imageSize(bytes);
  } catch {
    return null; // whether it is broken is for libvips to say
  }
}
