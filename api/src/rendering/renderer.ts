/**
 * Makes annotated images and crops, a few at a time, and keeps them beside the images that they are made from:
 * an answer never changes, so neither does what is drawn from it. What is kept may be deleted at any time.
 */
import { createHash } from 'node:crypto';
import type { Box, ImageInfo } from '@scry/shared/contracts/prediction';
import type { Prediction } from '@scry/shared/database/predictions';
import { Batcher } from '@scry/shared/runtime/batcher';
import { StorageFull } from '@scry/shared/storage/free-space';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { Mask } from '@scry/shared/tasks/answer';
import type { ClassColors } from '@scry/shared/tasks/class-hue';
import { Problem } from '../http/problems.js';
import { annotate } from './annotate.js';
import { type Rect, type Size, toRect } from './canvas.js';
import { maskPng } from './masks.js';
import { drawInput, type ShownInput } from './model-input.js';
import { ImageOpener, type OpenLimits } from './open.js';

/** Drawing shares libuv's threads with the writing of uploads: it must not take them all. */
const AT_ONCE = 2;
/** Drawing takes 10 to 100 ms: whoever comes after these would wait for seconds. */
const MOST_WAITING = 100;
/** Part of the names of what is kept; raise it when drawing changes. */
const LOOK = 'v2';
const CROP_QUALITY = 92;
const THUMBNAIL_QUALITY = 80;

const ENDINGS = { annotated: 'jpg', crop: 'jpg', thumbnail: 'jpg', mask: 'png', input: 'png' } as const;

type Draw = () => Promise<Buffer>;

/** A name that stands for what is drawn: the same answer gives the same name. */
export function renderingName(kind: keyof typeof ENDINGS, content: unknown): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([LOOK, content]))
    .digest('hex')
    .slice(0, 24);
  return `${kind}-${hash}.${ENDINGS[kind]}`;
}

/** Whole pixels of a box, one at least, within the image. */
export function cropRegion(box: Box, { width, height }: Size): Rect {
  const exact = toRect(box, { left: 0, top: 0, width, height });
  const left = Math.min(Math.round(exact.left), width - 1);
  const top = Math.min(Math.round(exact.top), height - 1);
  return {
    left,
    top,
    width: Math.max(1, Math.round(exact.left + exact.width) - left),
    height: Math.max(1, Math.round(exact.top + exact.height) - top),
  };
}

export class Renderer {
  readonly #storage: ImageStorage;
  /** What is being drawn, by image and name: whoever asks for the same meanwhile gets the same. */
  readonly #underWay = new Map<string, Promise<Buffer>>();
  readonly #opener: ImageOpener;
  readonly #drawings = new Batcher<Draw, Buffer>({
    max: 1,
    delayMs: 0,
    parallel: AT_ONCE,
    run: async ([draw]) => [await (draw as Draw)()],
  });

  constructor(storage: ImageStorage, limits: OpenLimits) {
    this.#storage = storage;
    this.#opener = new ImageOpener(storage, limits);
  }

  /**
   * The image with its answer drawn onto it, a JPEG.
   * @param colors of the model's classes
   * @throws Problem when the image is gone or cannot be read
   */
  annotated({ image, output, task }: Prediction, colors: ClassColors): Promise<Buffer> {
    const answer = output ?? { predictions: [] };
    const name = renderingName('annotated', [task, answer, colors]);
    const open = () => this.#opener.open(image);
    return this.#kept(image, name, () => annotate(open, image, answer, task, colors));
  }

  /** What lies in a box, a JPEG. @throws Problem when the image is gone or cannot be read */
  crop(image: ImageInfo, box: Box): Promise<Buffer> {
    return this.#kept(image, renderingName('crop', box), async () =>
      (await this.#opener.open(image))
        .extract(cropRegion(box, image))
        .jpeg({ quality: CROP_QUALITY })
        .toBuffer(),
    );
  }

  /** A mask as large as the image, a PNG of one channel: 255 where it is set. @throws Problem when the image is gone */
  mask(image: ImageInfo, mask: Mask): Promise<Buffer> {
    const name = renderingName('mask', [mask.size, mask.counts]);
    return this.#kept(image, name, () => maskPng(mask, image));
  }

  /** The image no wider and no higher than `side` pixels, a JPEG. @throws Problem as above */
  thumbnail(image: ImageInfo, side: number): Promise<Buffer> {
    return this.#kept(image, renderingName('thumbnail', side), async () =>
      (await this.#opener.open(image))
        .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality: THUMBNAIL_QUALITY, mozjpeg: true })
        .toBuffer(),
    );
  }

  /** The image as a model is shown it, a PNG of the input's size. @throws Problem as above */
  input(image: ImageInfo, input: ShownInput): Promise<Buffer> {
    return this.#kept(image, renderingName('input', input), async () =>
      drawInput(await this.#opener.open(image), image, input),
    );
  }

  async close(): Promise<void> {
    await this.#drawings.close();
    await this.#opener.close();
  }

  #kept(image: ImageInfo, name: string, draw: Draw): Promise<Buffer> {
    const place = `${image.sha256}/${name}`;
    const found = this.#underWay.get(place) ?? this.#readOrDraw(image, name, draw);
    this.#underWay.set(place, found);
    return found.finally(() => this.#underWay.delete(place));
  }

  async #readOrDraw(image: ImageInfo, name: string, draw: Draw): Promise<Buffer> {
    const { sha256 } = image;
    const kept = await this.#storage.derived.read(sha256, name);
    if (kept) return kept;
    if (!(await this.#storage.has(sha256)))
      throw new Problem('image-gone', 'The image of this prediction is not kept any more. Its answer is.');
    if (this.#drawings.waiting >= MOST_WAITING)
      throw new Problem('overloaded', 'Too many images are being drawn. Try again in some seconds.', {
        headers: { 'Retry-After': '5' },
      });
    const drawn = await this.#drawings.add(() => this.#draw(draw));
    try {
      await this.#storage.derived.write(sha256, name, drawn);
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error; // drawn again the next time
    }
    return drawn;
  }

  async #draw(draw: Draw): Promise<Buffer> {
    try {
      return await draw();
    } catch (cause) {
      throw new Problem('unreadable-image', `The image cannot be drawn: ${(cause as Error).message}.`, {
        cause,
      });
    }
  }
}
