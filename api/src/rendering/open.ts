/** Opens stored images for drawing: upright, in color, opaque. */
import type { ImageInfo } from '@scry/shared/contracts/prediction';
import { CodecDecoder } from '@scry/shared/imaging/codecs/decoder';
import { bareImage } from '@scry/shared/imaging/metadata/bare-image';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import sharp, { type Sharp } from 'sharp';

export interface OpenLimits {
  readonly maxPixels: number;
  /** Longest that decoding and drawing may take, seconds. */
  readonly timeoutS: number;
}

/** Opens images of every format that is accepted. Owns the threads for those that libvips does not read. */
export class ImageOpener {
  readonly #storage: ImageStorage;
  readonly #limits: OpenLimits;
  readonly #codecs = new CodecDecoder();

  constructor(storage: ImageStorage, limits: OpenLimits) {
    this.#storage = storage;
    this.#limits = limits;
  }

  /**
   * Opens an image; what is damaged is shown as far as it goes.
   * @throws Error with what is wrong with an image that cannot be shown at all
   */
  async open(image: ImageInfo): Promise<Sharp> {
    const { format } = image;
    const bytes = bareImage(await this.#storage.read(image.sha256), format);
    const opened =
      format === 'bmp' || format === 'heic'
        ? await this.#openWithCodec(bytes, format)
        : this.#openUsual(bytes);
    return opened
      .timeout({ seconds: this.#limits.timeoutS })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb');
  }

  async close(): Promise<void> {
    await this.#codecs.close();
  }

  #openUsual(bytes: Buffer): Sharp {
    return sharp(bytes, { autoOrient: true, failOn: 'none', limitInputPixels: this.#limits.maxPixels });
  }

  async #openWithCodec(file: Buffer, format: 'bmp' | 'heic'): Promise<Sharp> {
    const { maxPixels, timeoutS } = this.#limits;
    // A copy, since small files are read into Node's shared buffer pool, which cannot be transferred.
    const bytes = new Uint8Array(file);
    const decoded = await this.#codecs.decode({ format, bytes, maxPixels }, timeoutS);
    if (decoded === 'timeout') throw new Error(`decoding took longer than ${timeoutS} s`);
    if ('problem' in decoded) throw new Error(`it has more than ${maxPixels} pixels`);
    const { data, width, height } = decoded;
    return sharp(data, { raw: { width, height, channels: 4 } });
  }
}
