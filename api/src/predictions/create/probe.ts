/** Looks at the first bytes of an upload and says what image it is, or why it is refused. Names are never believed. */

import { IMAGE_FORMATS, type ImageFormat, type ImageInfo } from '@scry/shared/contracts/prediction';
import { readBmpHeader } from '@scry/shared/imaging/codecs/bmp-header';
import { imageFormat } from '@scry/shared/imaging/format';
import { bareImage } from '@scry/shared/imaging/metadata/bare-image';
import type { Orientation } from '@scry/shared/imaging/metadata/exif';
import { jpegHeader } from '@scry/shared/imaging/metadata/jpeg';
import { pngOrientation } from '@scry/shared/imaging/metadata/png';
import { mayHoldOrientation, webpOrientation } from '@scry/shared/imaging/metadata/webp';
import type { PendingImage } from '@scry/shared/storage/image-storage';
import { imageSize } from 'image-size';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { Problem } from '../../http/problems.js';

interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Larger images are read whole only a few at a time: each may take as much memory as an upload may be long. */
const readAtOnce = pLimit(2);

/** All of an image's bytes, for as long as `use` needs them. */
function withWhole<T>(image: PendingImage, use: (bytes: Buffer) => T | Promise<T>): Promise<T> {
  return readAtOnce(async () => use(await image.whole()));
}

/** Asks libvips, which reads only the header. @throws what it says of a broken one */
async function askSharp(bytes: Buffer): Promise<ImageSize> {
  const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata();
  return autoOrient;
}

/**
 * What image-size finds in the first bytes, given memory of their own: it reads on where a short file has ended, and would
 * tell what lies behind it in a buffer that Node shares among requests.
 */
function headerSize(head: Uint8Array): ImageSize {
  const isAlone = head.byteLength === head.buffer.byteLength;
  return imageSize(isAlone ? head : new Uint8Array(head));
}

const upright = ({ width, height }: ImageSize, orientation: Orientation): ImageSize =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

function jpegSize(bytes: Buffer): ImageSize | null {
  const header = jpegHeader(bytes);
  return header && upright(header, header.orientation);
}

/** PNG and WebP may say how they lie behind their pixels. */
async function orientedSize(
  image: PendingImage,
  orientation: (bytes: Buffer) => Orientation,
): Promise<ImageSize> {
  const { head, bytes } = image;
  const size = headerSize(head);
  return upright(size, bytes > head.length ? await withWhole(image, orientation) : orientation(head));
}

/**
 * Width and height as a person sees the image. JPEG, by far the most usual, is read here: libvips takes 0.25 ms of
 * CPU for what takes 0.01 here. BMP is a format that libvips as sharp brings it does not read.
 */
async function sizeOf(format: ImageFormat, image: PendingImage): Promise<ImageSize> {
  const { head } = image;
  switch (format) {
    case 'jpeg':
      return jpegSize(head) ?? withWhole(image, wholeJpegSize); // null: its header goes on beyond the head
    case 'bmp':
      return readBmpHeader(head);
    case 'gif':
      return headerSize(head);
    case 'png':
      return orientedSize(image, pngOrientation);
    case 'webp':
      return mayHoldOrientation(head) ? orientedSize(image, webpOrientation) : headerSize(head);
    case 'tiff':
    case 'avif':
    case 'heic':
      return withWhole(image, (bytes) => askSharp(bareImage(bytes, format)));
  }
}

function wholeJpegSize(bytes: Buffer): ImageSize {
  const size = jpegSize(bytes);
  if (!size) throw new Error('the file ends before its size was told');
  return size;
}

/**
 * Describes an image, or refuses it.
 * @throws Problem "no-image", "unsupported-image", "unreadable-image" or "too-many-pixels"
 */
export async function describeImage(image: PendingImage, maxPixels: number): Promise<ImageInfo> {
  if (image.bytes === 0)
    throw new Problem('no-image', 'The image is empty: 0 bytes came. Send the file itself.');
  const format = imageFormat(image.head);
  if (format === null) {
    const known = IMAGE_FORMATS.join(', ');
    throw new Problem(
      'unsupported-image',
      `The file is none of ${known}, judged by its bytes. Convert it and send it again.`,
    );
  }
  const { width, height } = await sizeOf(format, image).catch((cause: Error) => {
    const detail = `The file begins like ${format}, but its header is broken. Save it again and send that.`;
    throw new Problem('unreadable-image', detail, { cause });
  });
  if (!(width > 0 && height > 0))
    throw new Problem(
      'unreadable-image',
      `The image says it is ${width} × ${height} pixels: there is nothing in it.`,
    );
  if (width * height > maxPixels) {
    const detail = `The image has ${width} × ${height} pixels; ${maxPixels} are allowed. Send a smaller one.`;
    throw new Problem('too-many-pixels', detail, { values: { width, height, max_pixels: maxPixels } });
  }
  return { sha256: image.sha256, format, width, height, bytes: image.bytes };
}
